package io.picaflor.kernels;

import io.picaflor.platform.CpuMask;
import io.picaflor.platform.ThreadUsage;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Binds a user's thread for the length of a step, watches whether others keep it from its CPU, and gives it back as it was. One
 * thread at a time; used again for each step.
 */
final class CallerBinding implements Workers.Step {
  private final List<CpuMask> parts;
  private final CpuMask process;
  private final CpuMask before;
  private final Presence presence;
  private final AtomicReference<Thread> bound = new AtomicReference<>();

  /** The thread whose part of the CPUs the caller has, its own (0) or that of one who is out. */
  private int place;

  /** Whether the scheduler may choose, as nobody else takes part or all are free. */
  private boolean free;

  private CallerBinding(List<CpuMask> parts, CpuMask process, CpuMask before, Presence presence) {
    this.parts = parts;
    this.process = process;
    this.before = before;
    this.presence = presence;
  }

  /**
   * @param parts CPUs of each thread, the caller first
   * @param process what a thread may run on that nobody has bound
   */
  static Optional<CallerBinding> of(List<BitSet> parts, BitSet process) {
    List<CpuMask> masks = new ArrayList<>();
    for (BitSet part : parts) {
      CpuMask.of(part).ifPresent(masks::add);
    }
    if (masks.size() < parts.size()) {
      return Optional.empty();
    }
    return CpuMask.of(process).flatMap(all -> CpuMask.ofCurrentThread().flatMap(
        before -> ThreadUsage.create().map(usage -> new CallerBinding(masks, all, before, new Presence(usage)))));
  }

  /** Binds the calling thread; false, and nothing is changed, if it is virtual, bound already, or not the first to come. */
  boolean begin() {
    Thread thread = Thread.currentThread();
    if (thread.isVirtual() || !bound.compareAndSet(null, thread)) {
      return false;
    }
    if (before.save() && before.sameAs(process) && bind()) {
      presence.begin(System.nanoTime());
      return true;
    }
    bound.set(null);
    return false;
  }

  private boolean bind() {
    return (free ? process : parts.get(place)).bindCurrentThread();
  }

  /** Whether the calling thread is the one that is bound. */
  boolean isOfCurrentThread() {
    return bound.get() == Thread.currentThread();
  }

  /** Of the calling thread, the one that is bound. */
  Presence presence() {
    return presence;
  }

  /** Goes to the CPUs of a worker that is out. */
  void takePlaceOf(int thread, Roster roster) {
    place = thread;
    parts.get(thread).bindCurrentThread(); // at once, even if it may move on from there
    follow(roster);
  }

  /** Goes back to its own place once the one whose place it has is here again. */
  void follow(Roster roster) {
    if (place != 0 && !roster.isOut(place)) {
      place = 0;
    }
    free = roster.count() == 1 || roster.isFree();
    bind();
    presence.begin(System.nanoTime());
  }

  @Override
  public void close() {
    if (isOfCurrentThread()) {
      before.bindCurrentThread();
      bound.set(null);
    }
  }
}
