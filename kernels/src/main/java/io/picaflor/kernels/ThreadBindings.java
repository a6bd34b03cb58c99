package io.picaflor.kernels;

import io.picaflor.platform.Cpus;
import io.picaflor.platform.NativeCalls;
import java.util.BitSet;
import java.util.List;

/**
 * Which CPUs each thread of {@link Workers} keeps to.
 *
 * <p>The workers bind themselves when they begin, so that starting the FFM API is their work and not the caller's; until the
 * first has done so the caller is not bound.
 */
final class ThreadBindings {
  /** All threads are left to the scheduler. */
  static final ThreadBindings NONE = new ThreadBindings(List.of(), new BitSet());

  /** For each thread, the caller first; empty if none is bound. */
  private final List<BitSet> parts;

  private final BitSet process;
  private volatile CallerBinding ofCaller;

  private ThreadBindings(List<BitSet> parts, BitSet process) {
    this.parts = parts;
    this.process = process;
  }

  /** CPUs for so many threads; {@link #NONE} where they cannot be bound. */
  static ThreadBindings of(int threads) {
    if (!NativeCalls.available()) {
      return NONE;
    }
    Cpus cpus = Cpus.ofProcess();
    List<BitSet> parts = cpus.deal(threads);
    return parts.isEmpty() ? NONE : new ThreadBindings(parts, cpus.all());
  }

  /** How the caller is bound; {@code null} if it is not, or not yet. */
  CallerBinding ofCaller() {
    return ofCaller;
  }

  /** The same if the calling thread is inside of a step; {@code null} if not. */
  CallerBinding ofCurrentThread() {
    CallerBinding caller = ofCaller;
    return caller != null && caller.isOfCurrentThread() ? caller : null;
  }

  /** Binds the calling thread, a worker; {@code null} if it is left to the scheduler. */
  WorkerBinding bindWorker(int number) {
    if (parts.isEmpty()) {
      return null;
    }
    WorkerBinding binding = WorkerBinding.bind(parts.get(number), process).orElse(null);
    if (binding != null && number == 1) {
      ofCaller = CallerBinding.of(parts, process).orElse(null);
    }
    return binding;
  }
}
