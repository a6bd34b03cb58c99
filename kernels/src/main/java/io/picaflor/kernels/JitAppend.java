package io.picaflor.kernels;

import io.picaflor.platform.NativeCalls;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/** {@link Operators#append} of the tier {@code jit}, to the bits of {@code scalar}: one call for each row and head. */
final class JitAppend implements Operator {
  /** Fewer numbers are done sooner by one thread than two can be brought to them. */
  private static final int WORTH_SHARING = 16_384;
  /** Positions whose keys share the lines of the cache, so that two threads seldom write to the same. */
  private static final int LINE = 16;

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
    grain = Math.ceilDiv(Math.max(1, WORTH_SHARING / x.columns()), LINE) * LINE;
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

  /** Head by head, for as many channels as a head has lines of keys stay in the cache. */
  private void runRows(int from, int to) {
    boolean copied = layout.kind() == KvLayout.Kind.VALUES && layout.precision() == KvLayout.Precision.F32;
    int size = layout.headSize();
    for (int head = 0; head < layout.heads(); head++) {
      for (int row = from; row < to; row++) {
        long source = 4 * (x.index(row) + (long) head * size);
        long target = layout.index(position + row, head, 0) * layout.precision().bytes();
        if (copied) {
          MemorySegment.copy(x.memory(), source, memory, target, 4L * size);
        } else {
          NativeCalls.call(code, x.memory().address() + source, memory.address() + target, size, step, 0, 0);
        }
      }
    }
  }
}
