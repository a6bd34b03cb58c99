package io.picaflor.cli;

import java.io.FileNotFoundException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;

/** Says in one line what went wrong while a verb ran. */
final class Failure {
  private Failure() {}

  /** One line about an exception: our own say everything, those of the JDK often the file's name only. */
  static String message(Throwable e) {
    if (e instanceof UncheckedIOException && e.getCause() != null) {
      return message(e.getCause());
    }
    String text = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    String line =
        switch (e) {
          case NoSuchFileException file when file.getReason() == null -> text + ": no such file";
          case AccessDeniedException file when file.getReason() == null -> text + ": may not be read";
          case FileNotFoundException _ -> text;
          case OutOfMemoryError _ -> "out of memory: " + text;
          default -> text;
        };
    return line.lines().findFirst().orElse("").strip();
  }
}
