package io.picaflor.graph;

import java.lang.foreign.MemorySegment;

/** How a tensor's integers stand for real numbers. Scales are slices of the file, little-endian, possibly unaligned. */
public sealed interface Quantization {

  /** The values are what they are. */
  record None() implements Quantization {}

  /**
   * Float32 scales, one for the whole tensor or one for each index of a dimension; all zero points equal.
   *
   * @param dimension the dimension that the scales run along; without meaning for a single scale
   * @param scales float32 values
   * @param zeroPoint subtracted before scaling
   */
  record Affine(int dimension, MemorySegment scales, long zeroPoint) implements Quantization {
    /** The number of scales. */
    public long count() {
      return scales.byteSize() / Float.BYTES;
    }
  }

  /**
   * One float16 scale for each block of a row; no zero points.
   *
   * @param blockSize columns in a block
   * @param scales float16 values, row by row
   */
  record Blockwise(int blockSize, MemorySegment scales) implements Quantization {}
}
