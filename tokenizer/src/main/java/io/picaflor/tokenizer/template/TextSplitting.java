package io.picaflor.tokenizer.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Cuts texts into parts as Python's {@code split} and its relatives do. Parts keep their characters' origin. */
final class TextSplitting {
  private TextSplitting() {}

  /**
   * @param separator null: any white space, without empty parts
   * @param most      how many cuts at most; negative: any number
   */
  static ListValue split(Text text, Text separator, int most, Rendering rendering) {
    if (separator == null) {
      return new ListValue(words(text, most, rendering));
    }
    requireSeparator(separator);
    String s = text.chars();
    String cut = separator.chars();
    List<Value> parts = new ArrayList<>();
    int from = 0;
    int at;
    while (parts.size() != most && (at = s.indexOf(cut, from)) >= 0) {
      add(parts, text, from, at, rendering);
      from = at + cut.length();
    }
    add(parts, text, from, s.length(), rendering);
    return new ListValue(parts);
  }

  /** The same, with the cuts counted from the end. */
  static ListValue splitFromEnd(Text text, Text separator, int most, Rendering rendering) {
    if (separator == null) {
      return new ListValue(wordsFromEnd(text, most, rendering));
    }
    requireSeparator(separator);
    String s = text.chars();
    String cut = separator.chars();
    List<Value> parts = new ArrayList<>();
    int to = s.length();
    int at;
    while (parts.size() != most && to >= cut.length() && (at = s.lastIndexOf(cut, to - cut.length())) >= 0) {
      add(parts, text, at + cut.length(), to, rendering);
      to = at;
    }
    add(parts, text, 0, to, rendering);
    Collections.reverse(parts);
    return new ListValue(parts);
  }

  private static void requireSeparator(Text separator) {
    if (separator.isEmpty()) {
      throw Failure.evaluation("empty separator");
    }
  }

  private static void add(List<Value> parts, Text text, int from, int to, Rendering rendering) {
    rendering.items(1);
    rendering.allocate(to - from);
    parts.add(text.slice(from, to));
  }

  private static List<Value> words(Text text, int most, Rendering rendering) {
    String s = text.chars();
    List<Value> words = new ArrayList<>();
    int from = TextOperations.skipSpace(s, 0);
    while (from < s.length()) {
      if (words.size() == most) {
        add(words, text, from, TextOperations.endWithoutSpace(s, from), rendering);
        break;
      }
      int to = from;
      while (to < s.length() && !TextOperations.isSpace(s.charAt(to))) {
        to++;
      }
      add(words, text, from, to, rendering);
      from = TextOperations.skipSpace(s, to);
    }
    return words;
  }

  private static List<Value> wordsFromEnd(Text text, int most, Rendering rendering) {
    String s = text.chars();
    List<Value> words = new ArrayList<>();
    int to = TextOperations.endWithoutSpace(s, 0);
    while (to > 0) {
      if (words.size() == most) {
        add(words, text, TextOperations.skipSpace(s, 0), to, rendering);
        break;
      }
      int from = to;
      while (from > 0 && !TextOperations.isSpace(s.charAt(from - 1))) {
        from--;
      }
      add(words, text, from, to, rendering);
      to = from;
      while (to > 0 && TextOperations.isSpace(s.charAt(to - 1))) {
        to--;
      }
    }
    Collections.reverse(words);
    return words;
  }

  /** Before, separator, after; at the last separator if so asked, else at the first. */
  static TupleValue partition(Text text, Text separator, boolean last) {
    requireSeparator(separator);
    String s = text.chars();
    int at = last ? s.lastIndexOf(separator.chars()) : s.indexOf(separator.chars());
    if (at < 0) {
      return TupleValue.of(last ? List.of(Text.EMPTY, Text.EMPTY, text) : List.of(text, Text.EMPTY, Text.EMPTY));
    }
    return TupleValue.of(
        List.of(text.slice(0, at), separator, text.slice(at + separator.chars().length(), s.length())));
  }

  /** The lines, by any of Python's line ends. */
  static ListValue lines(Text text, boolean keepEnds, Rendering rendering) {
    String s = text.chars();
    List<Value> lines = new ArrayList<>();
    int from = 0;
    while (from < s.length()) {
      int to = from;
      while (to < s.length() && !isLineEnd(s.charAt(to))) {
        to++;
      }
      int next = to < s.length() ? to + (s.startsWith("\r\n", to) ? 2 : 1) : to;
      add(lines, text, from, keepEnds ? next : to, rendering);
      from = next;
    }
    return new ListValue(lines);
  }

  private static boolean isLineEnd(char c) {
    return c >= '\n' && c <= '\r' || c >= 0x1c && c <= 0x1e || c == 0x85 || c == 0x2028 || c == 0x2029;
  }
}
