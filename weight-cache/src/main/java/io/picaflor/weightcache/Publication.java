package io.picaflor.weightcache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/**
 * The file behind a mapping: whether it is whole, and for a new one, when it is finished.
 *
 * @param file its final name; null for memory
 * @param bytes its size
 * @param finished completes, never exceptionally, with whether the file is on the disk under its name
 */
record Publication(Path file, long bytes, CompletableFuture<Boolean> finished) {

  /** No file. */
  static Publication none() {
    return new Publication(null, 0, CompletableFuture.completedFuture(false));
  }

  /** A file that is there. */
  static Publication existing(Path file, long bytes) {
    return new Publication(file, bytes, CompletableFuture.completedFuture(true));
  }

  /** By name and not by a channel, which an interrupted thread would close; a name is never used twice. */
  boolean isWhole() {
    try {
      return file == null || Files.size(file) == bytes;
    } catch (NoSuchFileException _) {
      return true; // not finished yet, or removed since: what is mapped stays
    } catch (IOException _) {
      return false;
    }
  }

  boolean await() {
    return finished.join();
  }
}
