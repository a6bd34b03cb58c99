package io.picaflor.kernels;

import java.lang.foreign.MemorySegment;

/** The checks that every tier makes once, before a product starts. */
final class Operands {

  private Operands() {}

  static void checkFullyConnected(
      MemorySegment x, int rows, int outputs, int inner, MemorySegment bias, MemorySegment y) {
    requireFloats(x, "x", rows, inner);
    requireFloats(y, "y", rows, outputs);
    if (bias != null) {
      requireFloats(bias, "bias", 1, outputs);
    }
  }

  static void checkMatrixProduct(MemorySegment a, MemorySegment b, int rows, int inner, int columns, MemorySegment c) {
    requireFloats(a, "a", rows, inner);
    requireFloats(b, "b", inner, columns);
    requireFloats(c, "c", rows, columns);
  }

  static void checkSelection(MemorySegment values, int count, int k, int indices, int largest) {
    if (count < 1 || values.byteSize() < 4L * count) {
      throw new IllegalArgumentException(
          "values: expected at least 1 of them in " + values.byteSize() + " bytes, found a count of " + count);
    }
    if (k < 1 || k > count || k > indices || k > largest) {
      throw new IllegalArgumentException(
          "k: expected 1 to " + Math.min(count, Math.min(indices, largest)) + " of " + count
              + " values into " + indices + " indices and " + largest + " values, found " + k);
    }
  }

  private static void requireFloats(MemorySegment segment, String what, int rows, int columns) {
    if (rows < 1 || columns < 1) {
      throw new IllegalArgumentException(what + ": expected positive sizes, found " + rows + " x " + columns);
    }
    long bytes = Math.multiplyExact(4L * rows, columns);
    if (segment.byteSize() != bytes) {
      throw new IllegalArgumentException(
          what + ": expected " + bytes + " bytes (" + rows + " x " + columns + " values), found " + segment.byteSize());
    }
  }
}
