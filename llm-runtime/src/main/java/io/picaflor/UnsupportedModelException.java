package io.picaflor;

import io.picaflor.model.MessageLine;

import java.io.IOException;

/**
 * This file is well-formed, but we do not do what it asks for: an op, a type, a version, a kind of file.
 *
 * <p>The message is one line: the file, what is not supported, what to do where there is something to do. A file that
 * is broken is a {@link ModelFormatException}.
 */
public final class UnsupportedModelException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String file;
  private final String what;

  /**
   * Names what is not supported.
   *
   * @param file the file's name as the user gave it
   * @param what what the file asks for, with its place, and what to do
   */
  public UnsupportedModelException(String file, String what) {
    super(MessageLine.of(file + ": " + what));
    this.file = file;
    this.what = what;
  }

  /** The file's name as the user gave it. */
  public String file() {
    return file;
  }

  /** What the file asks for and we do not do. */
  public String what() {
    return what;
  }
}
