package io.picaflor.kernels;

import java.lang.foreign.MemorySegment;

/**
 * Weights in panels.
 *
 * @param packed native memory of our own, never a model's mapping
 */
record JitWeights(PackedSource source, JitLayout layout, MemorySegment packed) implements PackedWeights {
  JitWeights {
    long bytes = layout.bytes(source, 0, source.rows());
    if (!packed.isNative() || packed.address() % layout.alignment() != 0 || packed.byteSize() < bytes) {
      throw new IllegalArgumentException("packed weights: expected " + bytes + " bytes of native memory, aligned to "
          + layout.alignment() + ", found " + packed);
    }
  }
}
