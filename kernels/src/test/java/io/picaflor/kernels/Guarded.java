package io.picaflor.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/**
 * A matrix in the middle of NaN: before it, behind it and in the gaps between its rows lies one pattern, so that what is
 * written there is seen, and what is read there spoils a result.
 */
final class Guarded {
  private static final int GUARD = 0x7fc0_dead;
  private static final int MARGIN = 67;

  private final MemorySegment whole;
  private final Matrix matrix;

  Guarded(Arena arena, int rows, int columns, int stride) {
    long floats = MARGIN + (long) rows * stride + MARGIN;
    whole = arena.allocate(4 * floats, 64);
    matrix = new Matrix(whole.asSlice(4 * MARGIN, 4L * rows * stride), rows, columns, stride);
    for (long i = 0; i < floats; i++) {
      whole.setAtIndex(ValueLayout.JAVA_INT, i, GUARD);
    }
  }

  /** Made of random numbers of a fill. */
  static Guarded of(Arena arena, Random random, int rows, int columns, int stride, Matrices.Fill fill) {
    Guarded guarded = new Guarded(arena, rows, columns, stride);
    for (int r = 0; r < rows; r++) {
      MemorySegment values = Matrices.activations(arena, random, columns, fill);
      MemorySegment.copy(values, 0, guarded.matrix.memory(), 4 * guarded.matrix.index(r), 4L * columns);
    }
    return guarded;
  }

  /** The same numbers in other memory. */
  Guarded copy(Arena arena) {
    Guarded copy = new Guarded(arena, matrix.rows(), matrix.columns(), matrix.stride());
    copy.whole.copyFrom(whole);
    return copy;
  }

  Matrix matrix() {
    return matrix;
  }

  /** The rows from one on, as a matrix of their own. */
  Matrix from(int row) {
    long start = 4 * matrix.index(row);
    return new Matrix(matrix.memory().asSlice(start), matrix.rows() - row, matrix.columns(), matrix.stride());
  }

  float at(int row, int column) {
    return matrix.memory().getAtIndex(ValueLayout.JAVA_FLOAT, matrix.index(row) + column);
  }

  void set(int row, int column, float value) {
    matrix.memory().setAtIndex(ValueLayout.JAVA_FLOAT, matrix.index(row) + column, value);
  }

  /** Fails if anything but the columns of the first rows was written. */
  void assertNothingWrittenBeside(int rows, String what) {
    long floats = whole.byteSize() / 4;
    for (long i = 0; i < floats; i++) {
      long row = Math.floorDiv(i - MARGIN, (long) matrix.stride());
      long column = Math.floorMod(i - MARGIN, (long) matrix.stride());
      if (row < 0 || row >= rows || column >= matrix.columns()) {
        assertEquals(GUARD, whole.getAtIndex(ValueLayout.JAVA_INT, i),
            what + ": written at row " + row + ", column " + column);
      }
    }
  }
}
