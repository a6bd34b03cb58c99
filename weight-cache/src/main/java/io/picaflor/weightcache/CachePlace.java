package io.picaflor.weightcache;

import java.nio.file.Path;
import java.util.Optional;

/** Where a caller wants packed blobs kept. */
public sealed interface CachePlace {

  /** The user's cache folder, else beside a file, else memory; memory on network file systems. */
  record Automatic(Optional<Path> beside) implements CachePlace {}

  /**
   * Here and nowhere else, even on a network file system: in this folder if it is one, else in files whose names begin with
   * this path. If that cannot be, in memory.
   */
  record At(Path path) implements CachePlace {}

  /** In memory, because {@code reason}; no file is looked for. */
  record Memory(String reason) implements CachePlace {}

  /** The user's cache folder, else a folder beside this file, else memory. */
  static CachePlace automatic(Path beside) {
    return new Automatic(Optional.of(beside));
  }

  /** The user's cache folder, else memory. */
  static CachePlace automatic() {
    return new Automatic(Optional.empty());
  }

  static CachePlace at(Path path) {
    return new At(path);
  }

  /** In memory, because the user wants no file. */
  static CachePlace none() {
    return new Memory("no weight cache was asked for");
  }
}
