package io.picaflor.tokenizer;

import java.io.IOException;

/**
 * A tokenizer's data is damaged, or holds something that this version does not know.
 *
 * <p>The message says what was expected and what was found, and where in the data. The file's name is added by whoever opened it.
 */
public final class TokenizerFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  public TokenizerFormatException(String message) {
    super(message);
  }

  public TokenizerFormatException(String message, Throwable cause) {
    super(message, cause);
  }
}
