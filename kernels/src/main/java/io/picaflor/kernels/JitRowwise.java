package io.picaflor.kernels;

import io.picaflor.codegen.VectorCall;
import java.lang.foreign.MemorySegment;

/** An operator of the tier {@code jit} that computes each row by itself with a vector kernel; threads share the rows. */
final class JitRowwise implements Operator {
  /** Fewer elements are done sooner by one thread than two can be brought to them. */
  private static final int WORTH_SHARING = 16_384;

  private final Workers workers;
  private final MemorySegment code;
  private final VectorCall call;
  private final Workers.Range range = this::runRows;
  private final int grain;

  /** @param columns elements of a row, which decide how many rows are worth a thread */
  JitRowwise(Workers workers, MemorySegment code, VectorCall call, int columns) {
    this.workers = workers;
    this.code = code;
    this.call = call;
    grain = Math.max(1, WORTH_SHARING / columns);
  }

  @Override
  public void run(int rows, int position) {
    workers.share(rows, grain, range);
  }

  private void runRows(int from, int to) {
    // Between the calls the garbage collector may stop this thread.
    for (int row = from; row < to; row += 8 * grain) {
      call.run(code, row, Math.min(8 * grain, to - row));
    }
  }
}
