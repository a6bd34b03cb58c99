package io.picaflor.tokenizer;

import java.io.IOException;

/**
 * A tokenizer's data is damaged, or holds something that this version does not know.
 *
 * <p>The message says what was expected and what was found, and where in the data; it is one line, whatever the data
 * holds. The file's name is added by whoever opened it.
 */
public final class TokenizerFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  private static final int LONGEST_MESSAGE = 800;

  public TokenizerFormatException(String message) {
    super(oneLine(message));
  }

  public TokenizerFormatException(String message, Throwable cause) {
    super(oneLine(message), cause);
  }

  /** Messages quote the data, which may hold line breaks, terminal controls, or megabytes. */
  private static String oneLine(String message) {
    StringBuilder line = new StringBuilder();
    message.codePoints().limit(LONGEST_MESSAGE).forEach(c -> {
      boolean harmless = switch (Character.getType(c)) {
        case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR,
            Character.SURROGATE -> false;
        default -> true;
      };
      if (harmless) {
        line.appendCodePoint(c);
      } else {
        line.append(String.format("\\u%04X", c));
      }
    });
    return line.append(message.length() > 2 * LONGEST_MESSAGE ? "..." : "").toString();
  }
}
