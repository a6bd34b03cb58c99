package io.picaflor.kernels;

import io.picaflor.platform.CpuMask;
import java.util.BitSet;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Binds a user's thread for the length of a step and gives it back as it was. One thread at a time; used again for each step.
 */
final class CallerBinding implements Workers.Step {
  private final CpuMask own;
  private final CpuMask process;
  private final CpuMask before;
  private final AtomicReference<Thread> bound = new AtomicReference<>();

  private CallerBinding(CpuMask own, CpuMask process, CpuMask before) {
    this.own = own;
    this.process = process;
    this.before = before;
  }

  /** @param process what a thread may run on that nobody has bound */
  static Optional<CallerBinding> of(BitSet own, BitSet process) {
    return CpuMask.of(own).flatMap(mine -> CpuMask.of(process).flatMap(
        all -> CpuMask.ofCurrentThread().map(before -> new CallerBinding(mine, all, before))));
  }

  /** Binds the calling thread; false, and nothing is changed, if it is virtual, bound already, or not the first to come. */
  boolean begin() {
    Thread thread = Thread.currentThread();
    if (thread.isVirtual() || !bound.compareAndSet(null, thread)) {
      return false;
    }
    if (before.save() && before.sameAs(process) && own.bindCurrentThread()) {
      return true;
    }
    bound.set(null);
    return false;
  }

  @Override
  public void close() {
    if (bound.get() == Thread.currentThread()) {
      before.bindCurrentThread();
      bound.set(null);
    }
  }
}
