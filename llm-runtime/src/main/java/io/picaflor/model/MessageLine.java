package io.picaflor.model;

/** A message as one line of bounded length, whatever names of a file it holds. */
public final class MessageLine {
  private static final int MAX_CHARACTERS = 1000;

  private MessageLine() {}

  /** The text without line breaks, terminal escapes and megabytes. */
  public static String of(String text) {
    String cut = text.length() <= MAX_CHARACTERS ? text : text.substring(0, MAX_CHARACTERS) + "...";
    var clean = new StringBuilder(cut.length());
    cut.chars().forEach(c -> clean.append(Character.isISOControl(c) || c == 0x2028 || c == 0x2029 ? '?' : (char) c));
    return clean.toString();
  }
}
