package io.picaflor.quantization;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Weights as floats: what an embedding lookup returns, and what a weight-only layer multiplies by.
 *
 * <p>Integers become {@code q * scale} in float32, one rounding. Block scales are taken as the file has them, not
 * rounded to bfloat16 as the products do ({@code ../reference/FORMATS.md}, 5.9).
 */
public final class Dequantization {

  private Dequantization() {}

  /**
   * Writes one row of a matrix as floats.
   *
   * @param row 0 to {@code weights.rows() - 1}
   * @param target {@code weights.columns()} float32 values in native order; overwritten
   * @throws IndexOutOfBoundsException if there is no such row
   * @throws IllegalArgumentException if the target has another size
   */
  public static void dequantizeRow(WeightMatrix weights, int row, MemorySegment target) {
    if (row < 0 || row >= weights.rows()) {
      throw new IndexOutOfBoundsException("row: expected 0 to " + (weights.rows() - 1) + ", found " + row);
    }
    int columns = weights.columns();
    if (target.byteSize() != 4L * columns) {
      throw new IllegalArgumentException(
          "target: expected " + columns + " values (" + 4L * columns + " bytes), found " + target.byteSize()
              + " bytes");
    }
    long first = (long) row * columns;
    switch (weights) {
      case WeightMatrix.Float32 w -> copyFloats(w.values(), first, columns, target);
      case WeightMatrix.Float16 w -> widenHalves(w.values(), first, columns, target);
      case WeightMatrix.PerChannel w -> scale(w.values(), w.bits(), first, w.scale(row), target, 0, columns);
      case WeightMatrix.Int4Blocks w -> {
        for (int block = 0, column = 0; column < columns; block++, column += w.blockSize()) {
          scale(w.values(), 4, first + column, w.scale(row, block), target, column, w.blockSize());
        }
      }
    }
  }

  private static void copyFloats(MemorySegment values, long first, int count, MemorySegment target) {
    if (ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN) {
      MemorySegment.copy(values, 4 * first, target, 0, 4L * count);
      return;
    }
    for (int i = 0; i < count; i++) {
      target.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, values.getAtIndex(WeightMatrix.FLOAT, first + i));
    }
  }

  private static void widenHalves(MemorySegment values, long first, int count, MemorySegment target) {
    for (int i = 0; i < count; i++) {
      target.setAtIndex(
          ValueLayout.JAVA_FLOAT_UNALIGNED, i, Float.float16ToFloat(values.getAtIndex(WeightMatrix.HALF, first + i)));
    }
  }

  /** {@code target[at + i] = value[first + i] * scale}; whole bytes at once where the elements begin at one. */
  private static void scale(
      MemorySegment values, int bits, long first, float scale, MemorySegment target, int at, int count) {
    if (bits == 8) {
      for (int i = 0; i < count; i++) {
        put(target, at + i, values.get(ValueLayout.JAVA_BYTE, first + i) * scale);
      }
    } else if (bits == 4 && (first & 1) == 0) {
      for (int i = 0; i < count / 2; i++) {
        int pair = values.get(ValueLayout.JAVA_BYTE, (first >> 1) + i);
        put(target, at + 2 * i, (pair << 28 >> 28) * scale);
        put(target, at + 2 * i + 1, (pair >> 4) * scale);
      }
      if ((count & 1) != 0) {
        put(target, at + count - 1, PackedIntegers.get(values, 4, first + count - 1) * scale);
      }
    } else {
      for (int i = 0; i < count; i++) {
        put(target, at + i, PackedIntegers.get(values, bits, first + i) * scale);
      }
    }
  }

  private static void put(MemorySegment target, long index, float value) {
    target.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, index, value);
  }
}
