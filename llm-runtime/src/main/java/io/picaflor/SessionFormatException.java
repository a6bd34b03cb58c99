package io.picaflor;

import io.picaflor.model.MessageLine;

import java.io.IOException;

/**
 * This file holds no session that could go on here: it is damaged, no saved session at all, of another model or of another
 * version.
 *
 * <p>The message is one line: file, what was expected, what was found, what to do where there is something to do.
 */
public final class SessionFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String file;

  /**
   * Says what is wrong.
   *
   * @param file the file's name as the user gave it
   * @param problem what was expected and what was found, and what to do
   */
  public SessionFormatException(String file, String problem) {
    super(MessageLine.of(file + ": " + problem));
    this.file = file;
  }

  /** The file's name as the user gave it. */
  public String file() {
    return file;
  }
}
