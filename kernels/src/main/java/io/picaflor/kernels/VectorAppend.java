package io.picaflor.kernels;

import io.picaflor.quantization.BFloat16;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * {@link Operators#append} of the tier {@code vector}, to the bits of {@code scalar}. Values are copied row by row; keys are
 * turned in squares, so that of the lines of memory that are read and written only so many are in use at a time as the first
 * cache holds.
 */
final class VectorAppend implements Operator {
  /** Numbers in a line of the cache. */
  private static final int SQUARE = 16;

  private static final int ROWS_OF_TASK = 16;

  private final Matrix x;
  private final KvBuffer buffer;
  private final KvLayout layout;
  private final Workers workers;
  private final Workers.Task task = this::runRows;
  private MemorySegment memory;
  private int rows;
  private int position;

  VectorAppend(Matrix x, KvBuffer buffer, Workers workers) {
    this.x = x;
    this.buffer = buffer;
    layout = buffer.layout();
    this.workers = workers;
  }

  @Override
  public void run(int rows, int position) {
    this.rows = rows;
    this.position = position;
    memory = buffer.memory();
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
    int end = Math.min(rows, (index + 1) * ROWS_OF_TASK);
    int next;
    for (int row = index * ROWS_OF_TASK; row < end; row = next) {
      int inBlock = (position + row) % KvLayout.BLOCK;
      next = Math.min(end, row + KvLayout.BLOCK - inBlock);
      for (int head = 0; head < layout.heads(); head++) {
        switch (layout.kind()) {
          case KEYS -> putKeys(row, next, head);
          case VALUES -> putValues(row, next, head);
        }
      }
    }
  }

  private void putValues(int begin, int end, int head) {
    int size = layout.headSize();
    for (int row = begin; row < end; row++) {
      long to = layout.index(position + row, head, 0);
      long from = x.index(row) + (long) head * size;
      switch (layout.precision()) {
        case F32 -> MemorySegment.copy(x.memory(), 4 * from, memory, 4 * to, 4L * size);
        case BF16 -> {
          for (int c = 0; c < size; c++) {
            memory.setAtIndex(ValueLayout.JAVA_SHORT, to + c, half(from + c));
          }
        }
      }
    }
  }

  private void putKeys(int begin, int end, int head) {
    int size = layout.headSize();
    for (int column = 0; column < size; column += SQUARE) {
      int columns = Math.min(SQUARE, size - column);
      for (int row = begin; row < end; row++) {
        long to = layout.index(position + row, head, column);
        long from = x.index(row) + (long) head * size + column;
        switch (layout.precision()) {
          case F32 -> {
            for (int c = 0; c < columns; c++) {
              float value = x.memory().getAtIndex(ValueLayout.JAVA_FLOAT, from + c);
              memory.setAtIndex(ValueLayout.JAVA_FLOAT, to + (long) c * KvLayout.BLOCK, value);
            }
          }
          case BF16 -> {
            for (int c = 0; c < columns; c++) {
              memory.setAtIndex(ValueLayout.JAVA_SHORT, to + (long) c * KvLayout.BLOCK, half(from + c));
            }
          }
        }
      }
    }
  }

  private short half(long index) {
    return BFloat16.toBits(x.memory().getAtIndex(ValueLayout.JAVA_FLOAT, index));
  }
}
