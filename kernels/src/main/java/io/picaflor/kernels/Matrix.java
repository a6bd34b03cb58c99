package io.picaflor.kernels;

import java.lang.foreign.MemorySegment;

/**
 * Rows of float32 in native memory, in native order: where an {@link Operator} reads its operands and leaves its results.
 *
 * <p>Value {@code c} of row {@code r} lies {@code 4 * (r * stride + c)} bytes behind the start. This is the one place where
 * the bounds of an operator's memory are checked; behind it kernels index freely. Several matrices may share memory, so
 * that a group of columns is a matrix too.
 *
 * @param memory native, aligned to 4 bytes
 * @param rows the most rows that an operator may be run on
 * @param columns values in a row
 * @param stride values from one row to the next, at least {@code columns}
 */
public record Matrix(MemorySegment memory, int rows, int columns, int stride) {

  /**
   * A matrix on memory that holds it.
   *
   * @throws IllegalArgumentException if the memory is too small, not native or not aligned, or a size is not positive
   */
  public Matrix {
    if (rows < 1 || columns < 1 || stride < columns) {
      throw new IllegalArgumentException(
          "matrix: expected positive sizes, found " + rows + " x " + columns + ", stride " + stride);
    }
    long bytes = 4 * ((rows - 1L) * stride + columns);
    if (!memory.isNative() || memory.address() % 4 != 0 || memory.byteSize() < bytes) {
      throw new IllegalArgumentException(
          "matrix: expected " + bytes + " bytes of native memory, aligned to 4, found " + memory);
    }
  }

  /** A matrix without gaps. */
  public static Matrix dense(MemorySegment memory, int rows, int columns) {
    return new Matrix(memory, rows, columns, columns);
  }

  /** Some of the columns of all rows. */
  public Matrix columns(int from, int count) {
    if (from < 0 || count < 1 || from > columns - count) {
      throw new IllegalArgumentException("columns: expected a part of " + columns + ", found " + count + " at " + from);
    }
    return new Matrix(memory.asSlice(4L * from), rows, count, stride);
  }

  /** Values from the start of the memory to a row. */
  public long index(int row) {
    return (long) row * stride;
  }
}
