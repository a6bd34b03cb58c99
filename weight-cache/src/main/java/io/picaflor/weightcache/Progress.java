package io.picaflor.weightcache;

import java.nio.file.Path;
import java.util.Optional;

/** Is told where packing begins and how far packing has come; called by one thread at a time, not always the same one. */
@FunctionalInterface
public interface Progress {
  /** Tells nobody. No constant: an interface that has to be initialized keeps its lambdas out of an AOT cache. */
  static Progress silent() {
    return (doneBytes, totalBytes) -> {};
  }

  /** Packing is about to begin: into this file, or into memory if there is none. */
  default void begins(Optional<Path> file, long totalBytes) {}

  /** Packed so far and in all, in bytes; the last call has both equal. Must be quick. */
  void packed(long doneBytes, long totalBytes);
}
