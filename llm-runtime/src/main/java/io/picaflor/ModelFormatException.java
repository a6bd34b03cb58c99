package io.picaflor;

import io.picaflor.model.MessageLine;

import java.io.IOException;

/**
 * This file is broken: what it says contradicts itself, its length or its format.
 *
 * <p>The message is one line: file, section, byte, what was expected, what was found, what to do where there is
 * something to do. A file that is whole but asks for what we do not do is an {@link UnsupportedModelException}.
 */
public final class ModelFormatException extends IOException {
  /** {@link #offset()} where no byte of the file is to blame. */
  public static final long NO_OFFSET = -1;

  private static final long serialVersionUID = 1L;

  private final String file;
  private final String section;
  private final long offset;

  /**
   * Says what is broken, and where.
   *
   * @param file the file's name as the user gave it
   * @param section the part of the file, such as {@code header} or {@code TFLiteModel}; empty for the file as a whole
   * @param offset the byte in the file, counted from its start, or {@link #NO_OFFSET}
   * @param problem what was expected and what was found, and what to do
   */
  public ModelFormatException(String file, String section, long offset, String problem) {
    super(MessageLine.of(message(file, section, offset, problem)));
    this.file = file;
    this.section = section;
    this.offset = offset;
  }

  /** As the other constructor, with the error that made it known. */
  public ModelFormatException(String file, String section, long offset, String problem, Throwable cause) {
    this(file, section, offset, problem);
    initCause(cause);
  }

  /** The file's name as the user gave it. */
  public String file() {
    return file;
  }

  /** The part of the file, such as {@code header} or {@code TFLiteModel}; empty for the file as a whole. */
  public String section() {
    return section;
  }

  /** The byte in the file, counted from its start, or {@link #NO_OFFSET}. */
  public long offset() {
    return offset;
  }

  private static String message(String file, String section, long offset, String problem) {
    var message = new StringBuilder(file);
    if (!section.isEmpty()) {
      message.append(": ").append(section);
    }
    if (offset >= 0) {
      message.append(section.isEmpty() ? ": byte " : ", byte ").append(offset);
    }
    return message.append(": ").append(problem).toString();
  }
}
