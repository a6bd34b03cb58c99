package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.FLOATS;
import static io.picaflor.kernels.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/** {@link Operators#rotary} of the tier {@code vector}, to the bits of {@code scalar}. */
final class VectorRotary implements Operator {
  private static final int ROWS_OF_TASK = 16;

  private final Matrix x;
  private final int heads;
  private final Matrix cos;
  private final Matrix sin;
  private final Matrix y;
  private final Workers workers;
  private final Workers.Task task = this::runRows;
  private int rows;

  VectorRotary(Matrix x, int heads, Matrix cos, Matrix sin, Matrix y, Workers workers) {
    this.x = x;
    this.heads = heads;
    this.cos = cos;
    this.sin = sin;
    this.y = y;
    this.workers = workers;
  }

  @Override
  public void run(int rows, int position) {
    this.rows = rows;
    int tasks = Math.ceilDiv(rows, ROWS_OF_TASK);
    if (Shares.worthSplitting((long) rows * x.columns())) {
      workers.run(tasks, task);
    } else {
      for (int i = 0; i < tasks; i++) {
        runRows(i);
      }
    }
  }

  private void runRows(int index) {
    int half = x.columns() / heads / 2;
    for (int row = index * ROWS_OF_TASK; row < Math.min(rows, (index + 1) * ROWS_OF_TASK); row++) {
      for (int head = 0; head < heads; head++) {
        long column = 2L * head * half;
        turn(
            x.memory(), 4 * (x.index(row) + column), y.memory(), 4 * (y.index(row) + column), 4 * cos.index(row),
            4 * sin.index(row), half);
      }
    }
  }

  private void turn(MemorySegment from, long at, MemorySegment to, long put, long cosAt, long sinAt, int half) {
    long width = 4L * half;
    int i = 0;
    for (; i <= half - Lanes.COUNT; i += Lanes.COUNT) {
      long offset = 4L * i;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, from, at + offset, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(FLOATS, from, at + offset + width, ORDER);
      FloatVector c = FloatVector.fromMemorySegment(FLOATS, cos.memory(), cosAt + offset, ORDER);
      FloatVector s = FloatVector.fromMemorySegment(FLOATS, sin.memory(), sinAt + offset, ORDER);
      a.mul(c).sub(b.mul(s)).intoMemorySegment(to, put + offset, ORDER);
      b.mul(c).add(a.mul(s)).intoMemorySegment(to, put + offset + width, ORDER);
    }
    for (; i < half; i++) {
      long offset = 4L * i;
      float a = from.get(ValueLayout.JAVA_FLOAT, at + offset);
      float b = from.get(ValueLayout.JAVA_FLOAT, at + offset + width);
      float c = cos.memory().get(ValueLayout.JAVA_FLOAT, cosAt + offset);
      float s = sin.memory().get(ValueLayout.JAVA_FLOAT, sinAt + offset);
      to.set(ValueLayout.JAVA_FLOAT, put + offset, a * c - b * s);
      to.set(ValueLayout.JAVA_FLOAT, put + offset + width, b * c + a * s);
    }
  }
}
