package io.picaflor.kernels;

import io.picaflor.platform.NativeCalls;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/** {@link Operators#append} of the tier {@code jit}, to the bits of {@code scalar}: calls for some rows and channels of a head. */
final class JitAppend implements Operator {
  /** Fewer numbers are done sooner by one thread than two can be brought to them. */
  private static final int WORTH_SHARING = 16_384;
  /** Positions whose keys share the lines of the cache; divides those of a block. */
  private static final int SQUARE = 16;

  private final Matrix x;
  private final KvBuffer buffer;
  private final KvLayout layout;
  private final Workers workers;
  private final Workers.Range range = this::runRows;
  private final MemorySegment code;
  private final int grain;
  /** From one channel to the next, in bytes. */
  private final long step;

  private MemorySegment memory;
  private int position;

  JitAppend(JitCode jit, Workers workers, Matrix x, KvBuffer buffer) {
    this.x = x;
    this.buffer = buffer;
    this.workers = workers;
    layout = buffer.layout();
    code = jit.append(layout.precision());
    grain = Math.ceilDiv(Math.max(1, WORTH_SHARING / x.columns()), SQUARE) * SQUARE;
    step = (layout.kind() == KvLayout.Kind.KEYS ? KvLayout.BLOCK : 1L) * layout.precision().bytes();
  }

  @Override
  public void run(int rows, int position) {
    this.position = position;
    memory = buffer.memory();
    workers.share(rows, grain, range);
    Reference.reachabilityFence(x);
    Reference.reachabilityFence(memory);
  }

  private void runRows(int from, int to) {
    int next;
    for (int row = from; row < to; row = next) {
      next = Math.min(to, row + SQUARE - (position + row) % SQUARE);
      for (int head = 0; head < layout.heads(); head++) {
        switch (layout.kind()) {
          case KEYS -> putKeys(row, next - row, head);
          case VALUES -> putValues(row, next, head);
        }
      }
    }
  }

  /** In squares, so that no more lines are written to at a time than the first cache holds. */
  private void putKeys(int row, int rows, int head) {
    int size = layout.headSize();
    int width = rows == 1 ? size : SQUARE;
    for (int channel = 0; channel < size; channel += width) {
      put(row, rows, head, channel, Math.min(width, size - channel));
    }
  }

  private void putValues(int from, int to, int head) {
    int size = layout.headSize();
    for (int row = from; row < to; row++) {
      switch (layout.precision()) {
        case F32 -> MemorySegment.copy(
            x.memory(), source(row, head), memory, 4 * layout.index(position + row, head, 0), 4L * size);
        case BF16 -> put(row, 1, head, 0, size);
      }
    }
  }

  private void put(int row, int rows, int head, int channel, int channels) {
    long target = layout.index(position + row, head, channel) * layout.precision().bytes();
    NativeCalls.call(code, x.memory().address() + source(row, head) + 4L * channel, memory.address() + target, channels,
        step, rows, 4L * x.stride());
  }

  private long source(int row, int head) {
    return 4 * (x.index(row) + (long) head * layout.headSize());
  }
}
