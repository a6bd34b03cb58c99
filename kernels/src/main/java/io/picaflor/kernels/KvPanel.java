package io.picaflor.kernels;

import io.picaflor.kernels.KvLayout.Precision;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * {@link KvTile#WIDTH} columns of a block of keys or values, ready to be multiplied: in place where the block has so many, else
 * copied as float32 beside columns of zeros.
 *
 * <p>Belongs to one thread, which uses it for one block after the other.
 */
final class KvPanel {
  private static final ThreadLocal<KvPanel> OF_THREAD = ThreadLocal.withInitial(KvPanel::new);

  private MemorySegment memory;
  private Precision precision;
  private long at;
  private long stride;

  private KvPanel() {}

  static KvPanel ofThread() {
    return OF_THREAD.get();
  }

  /**
   * Takes the columns from {@code column} on.
   *
   * @param buffer rows of {@code columns} numbers without gaps; the first begins {@code start} numbers behind the start
   * @param from the first row that will be asked for
   * @param to the row after the last one; others are not touched
   */
  void take(MemorySegment buffer, Precision precision, long start, int columns, int column, int from, int to) {
    if (columns - column >= KvTile.WIDTH) {
      memory = buffer;
      this.precision = precision;
      at = (start + column) * precision.bytes();
      stride = (long) columns * precision.bytes();
      return;
    }
    memory = VectorScratch.ofThread().row(4L * KvTile.WIDTH * to);
    this.precision = Precision.F32;
    at = 0;
    stride = 4L * KvTile.WIDTH;
    for (int row = from; row < to; row++) {
      for (int c = 0; c < KvTile.WIDTH; c++) {
        float value = column + c < columns ? value(buffer, precision, start + (long) row * columns + column + c) : 0f;
        memory.setAtIndex(ValueLayout.JAVA_FLOAT, (long) row * KvTile.WIDTH + c, value);
      }
    }
  }

  private static float value(MemorySegment buffer, Precision precision, long index) {
    return switch (precision) {
      case F32 -> buffer.getAtIndex(ValueLayout.JAVA_FLOAT, index);
      case BF16 -> Float.intBitsToFloat(buffer.getAtIndex(ValueLayout.JAVA_SHORT, index) << 16);
    };
  }

  /** {@link KvTile#addRows} over {@code inner} rows from {@code row} on. */
  void addRows(int row, int inner, float[] x, int xAt, int xStride, float[] sums, int s, int sStride) {
    switch (precision) {
      case F32 -> KvTile.addRows(memory, at + row * stride, stride, inner, x, xAt, xStride, sums, s, sStride);
      case BF16 -> KvHalfTile.addRows(memory, at + row * stride, stride, inner, x, xAt, xStride, sums, s, sStride);
    }
  }

  /** {@link KvTile#addRow} over {@code inner} rows from {@code row} on. */
  void addRow(int row, int inner, float[] x, int xAt, float[] sums, int s) {
    switch (precision) {
      case F32 -> KvTile.addRow(memory, at + row * stride, stride, inner, x, xAt, sums, s);
      case BF16 -> KvHalfTile.addRow(memory, at + row * stride, stride, inner, x, xAt, sums, s);
    }
  }
}
