package io.picaflor.weightcache;

/** Is told how far packing has come; called by one thread at a time, not always the same one. */
@FunctionalInterface
public interface Progress {
  /** Tells nobody. */
  Progress SILENT = (doneBytes, totalBytes) -> {};

  /** Packed so far and in all, in bytes; the last call has both equal. Must be quick. */
  void packed(long doneBytes, long totalBytes);
}
