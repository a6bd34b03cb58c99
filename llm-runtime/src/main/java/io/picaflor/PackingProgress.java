package io.picaflor;

/** Is told how far the packing of a model's weights has come; by one thread at a time, not always the same one. */
@FunctionalInterface
public interface PackingProgress {
  /** Packed so far and in all, in bytes; the last call has both equal. Must be quick. */
  void packed(long doneBytes, long totalBytes);
}
