package io.picaflor.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.picaflor.platform.NativeCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The product of two float matrices in the tier {@code jit}: {@link FloatTile}s, each over some rows and columns of the result.
 *
 * <p>Of a right matrix that is transposed the tiles take its rows on the left and compute the transpose of the result, since there
 * numbers that are multiplied by one and the same lie side by side in no matrix. For a single use, by one thread and its workers.
 */
final class JitProduct {
  /** Fewer multiply-adds are done sooner by one thread than two can be brought to it. */
  private static final long WORTH_SHARING = 100_000;
  /** Columns of a tile. */
  private static final int WIDTH = 64;

  private static final int HEIGHT = FloatTile.MOST_ROWS;

  private final JitCode jit;
  private final MemorySegment a;
  private final MemorySegment b;
  private final int rows;
  private final int inner;
  private final int columns;
  private final MemorySegment c;
  /** For tails and for passes of 16, 32, 48 and 64 columns, as far as they are needed. */
  private final MemorySegment[][] codes = new MemorySegment[WIDTH / FloatTile.TAIL + 1][];

  /** Sizes were checked, and machine code may read the operands. */
  JitProduct(
      JitCode jit, MemorySegment a, MemorySegment b, int rows, int inner, int columns, MemorySegment c) {
    this.jit = jit;
    this.a = a;
    this.b = b;
    this.rows = rows;
    this.inner = inner;
    this.columns = columns;
    this.c = c;
  }

  /** @param scratch for one strip of rows */
  void run(boolean transposed, Workers workers, Arena scratch) {
    if (!transposed) {
      int groups = Math.ceilDiv(columns, WIDTH);
      prepare(Math.min(WIDTH, columns));
      prepare(columns % WIDTH);
      share(workers, Math.ceilDiv(rows, HEIGHT) * groups, rows, (from, to) -> runTiles(from, to, groups));
      return;
    }
    MemorySegment strip = scratch.allocate(4L * inner * WIDTH, 64);
    for (int row = 0; row < rows; row += WIDTH) {
      int first = row;
      int count = Math.min(WIDTH, rows - row);
      int width = Math.ceilDiv(count, FloatTile.TAIL) * FloatTile.TAIL;
      transpose(first, count, strip, width);
      prepare(width);
      share(workers, Math.ceilDiv(columns, HEIGHT), count,
          (from, to) -> runTransposed(from, to, strip, width, first, count));
    }
  }

  /** Has the code for so many columns written. */
  private void prepare(int width) {
    int whole = width / FloatTile.TAIL;
    if (whole > 0) {
      codes[whole] = jit.floatTiles(KvLayout.Precision.F32, whole * FloatTile.TAIL, false);
    }
    if (width % FloatTile.TAIL != 0) {
      codes[0] = jit.floatTiles(KvLayout.Precision.F32, 0, false);
    }
  }

  private void share(Workers workers, int tiles, int rowsOfTiles, Workers.Range range) {
    if ((long) rowsOfTiles * inner * columns >= WORTH_SHARING) {
      workers.share(tiles, 1, range);
    } else {
      range.run(0, tiles);
    }
  }

  private void runTiles(int from, int to, int groups) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment call = call(arena, columns, columns);
      for (int i = from; i < to; i++) {
        int row = i / groups * HEIGHT;
        int column = i % groups * WIDTH;
        int count = Math.min(HEIGHT, rows - row);
        int width = Math.min(WIDTH, columns - column);
        int whole = width / FloatTile.TAIL * FloatTile.TAIL;
        call.set(JAVA_LONG, FloatCall.LEFT, a.address() + 4L * row * inner);
        long result = c.address() + 4 * ((long) row * columns + column);
        if (whole > 0) {
          run(call, count, whole, b.address() + 4L * column, result);
        }
        if (whole < width) {
          FloatCall.setTail(call, width - whole);
          run(call, count, 0, b.address() + 4L * (column + whole), result + 4L * whole);
        }
      }
    }
  }

  /** {@code strip[k][m] = a[first + m][k]}; what is behind the rows is 0. */
  private void transpose(int first, int count, MemorySegment strip, int width) {
    strip.fill((byte) 0);
    for (int m = 0; m < count; m++) {
      long from = (long) (first + m) * inner;
      for (int k = 0; k < inner; k++) {
        strip.setAtIndex(JAVA_FLOAT, (long) k * width + m, a.getAtIndex(JAVA_FLOAT, from + k));
      }
    }
  }

  private void runTransposed(int from, int to, MemorySegment strip, int width, int first, int count) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment result = arena.allocate(4L * HEIGHT * width, 64);
      MemorySegment call = call(arena, width, width);
      for (int i = from; i < to; i++) {
        int column = i * HEIGHT;
        int height = Math.min(HEIGHT, columns - column);
        call.set(JAVA_LONG, FloatCall.LEFT, b.address() + 4L * column * inner);
        run(call, height, width, strip.address(), result.address());
        for (int m = 0; m < count; m++) {
          for (int n = 0; n < height; n++) {
            float sum = result.getAtIndex(JAVA_FLOAT, (long) n * width + m);
            c.setAtIndex(JAVA_FLOAT, (long) (first + m) * columns + column + n, sum);
          }
        }
      }
    }
  }

  private MemorySegment call(Arena arena, int rightStride, int resultStride) {
    MemorySegment call = arena.allocate(FloatCall.BYTES, 64);
    call.set(JAVA_LONG, FloatCall.LEFT_STRIDE, 4L * inner);
    call.set(JAVA_LONG, FloatCall.RIGHT_STEP, 4L * rightStride);
    call.set(JAVA_LONG, FloatCall.RESULT_STRIDE, 4L * resultStride);
    call.set(JAVA_LONG, FloatCall.INNER, inner);
    call.set(JAVA_LONG, FloatCall.GROUPS, 1);
    return call;
  }

  /** @param width columns, a multiple of 16, or 0 for a tail */
  private void run(MemorySegment call, int height, int width, long right, long result) {
    call.set(JAVA_LONG, FloatCall.RIGHT, right);
    call.set(JAVA_LONG, FloatCall.RESULT, result);
    call.set(JAVA_LONG, FloatCall.PASSES, width == 0 ? 1 : width / jit.columnsOfPass(width));
    NativeCalls.call(codes[width / FloatTile.TAIL][height - 1], call.address(), 0, 0, 0, 0, 0);
  }
}
