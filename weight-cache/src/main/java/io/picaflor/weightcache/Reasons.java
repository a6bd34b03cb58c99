package io.picaflor.weightcache;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Turns errors of the file system into one line for people: Java's own often are a bare path. */
final class Reasons {
  private Reasons() {}

  static String of(IOException error) {
    return switch (error) {
      case AccessDeniedException e -> "no permission for " + e.getFile();
      case NoSuchFileException e -> e.getFile() + " does not exist";
      case FileAlreadyExistsException e -> e.getFile() + " is in the way";
      case NotDirectoryException e -> e.getFile() + " is not a folder";
      case FileSystemException e -> e.getFile() + ": " + e.getReason();
      case ClosedByInterruptException _ -> "the thread was interrupted";
      default -> error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
    };
  }
}
