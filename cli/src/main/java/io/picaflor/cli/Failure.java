package io.picaflor.cli;

import io.picaflor.cli.verb.ClosedPipeException;
import java.io.FileNotFoundException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine;

/** Says in one line what went wrong while a verb ran. Exit status 1; a closed pipe is no failure. */
final class Failure implements IExecutionExceptionHandler {
  @Override
  public int handleExecutionException(Exception e, CommandLine line, ParseResult arguments) {
    if (e instanceof ClosedPipeException) {
      return CommandLine.ExitCode.OK;
    }
    System.err.println("picaflor: " + message(e));
    if (arguments.originalArgs().contains("--debug")) {
      e.printStackTrace();
    }
    return CommandLine.ExitCode.SOFTWARE;
  }

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
