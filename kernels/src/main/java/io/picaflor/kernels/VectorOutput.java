package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.FLOATS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** Where a linear operator leaves finished outputs: added to a residual where there is one. Safe for many threads. */
final class VectorOutput {
  private final Matrix y;
  private final Matrix residual;

  /** @param residual or {@code null} */
  VectorOutput(Matrix y, Matrix residual) {
    this.y = y;
    this.residual = residual;
  }

  /**
   * Stores neighbouring outputs of one row.
   *
   * @param results {@code count} values from {@code at} on
   */
  void put(int row, int output, int count, float[] results, int at) {
    long to = 4 * (y.index(row) + output);
    if (residual == null) {
      MemorySegment.copy(results, at, y.memory(), JAVA_FLOAT, to, count);
    } else {
      add(residual.memory(), 4 * (residual.index(row) + output), count, results, at, y.memory(), to);
    }
  }

  private static void add(
      MemorySegment residual, long from, int count, float[] results, int at, MemorySegment y, long to) {
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      FloatVector.fromMemorySegment(FLOATS, residual, from + 4L * i, Lanes.ORDER)
          .add(FloatVector.fromArray(FLOATS, results, at + i))
          .intoMemorySegment(y, to + 4L * i, Lanes.ORDER);
    }
    for (int i = whole; i < count; i++) {
      y.set(JAVA_FLOAT, to + 4L * i, residual.get(JAVA_FLOAT, from + 4L * i) + results[at + i]);
    }
  }
}
