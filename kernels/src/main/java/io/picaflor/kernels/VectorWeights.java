package io.picaflor.kernels;

import java.lang.foreign.MemorySegment;

/**
 * Weights of the tier {@code vector}, packed as {@link VectorLayout} says.
 *
 * @param packed the panels of all parts
 */
record VectorWeights(PackedSource source, VectorLayout layout, MemorySegment packed) implements PackedWeights {

  static VectorWeights of(PackedSource source, MemorySegment packed) {
    VectorLayout layout = VectorLayout.of(source);
    long bytes = layout.bytes(source, 0, source.rows());
    if (packed.byteSize() < bytes) {
      throw new IllegalArgumentException("packed: expected " + bytes + " bytes, found " + packed.byteSize());
    }
    return new VectorWeights(source, layout, packed);
  }

  static VectorWeights of(PackedWeights weights) {
    if (weights instanceof VectorWeights own) {
      return own;
    }
    throw new IllegalArgumentException("weights: expected weights of tier vector, found " + weights);
  }

  int rows() {
    return source.rows();
  }

  int columns() {
    return source.columns();
  }

  int panels() {
    return Math.ceilDiv(source.rows(), VectorLayout.PANEL);
  }

  /** Where a panel begins. */
  long offset(int panel) {
    return panel * layout.panelBytes();
  }
}
