package io.picaflor.kernels;

import io.picaflor.platform.CpuMask;
import io.picaflor.platform.ThreadUsage;
import java.util.BitSet;
import java.util.Optional;

/** Keeps a worker's thread to its part of the CPUs and watches whether others crowd it out. Belongs to that thread. */
final class WorkerBinding {
  private final CpuMask part;
  private final CpuMask process;
  private final Presence presence;
  private boolean free;

  private WorkerBinding(CpuMask part, CpuMask process, Presence presence) {
    this.part = part;
    this.process = process;
    this.presence = presence;
  }

  /** Binds the calling thread; empty, and it is not bound, where that cannot be. */
  static Optional<WorkerBinding> bind(BitSet part, BitSet process) {
    Optional<WorkerBinding> binding = CpuMask.of(part).flatMap(own -> CpuMask.of(process).flatMap(
        all -> ThreadUsage.create().map(usage -> new WorkerBinding(own, all, new Presence(usage)))));
    return binding.filter(WorkerBinding::begin);
  }

  private boolean begin() {
    presence.begin(System.nanoTime());
    return part.bindCurrentThread();
  }

  /** Before a region: keeps to its part of the CPUs, or does not if all threads are free. */
  void follow(Roster roster) {
    if (free != roster.isFree()) {
      free = !free;
      (free ? process : part).bindCurrentThread();
      presence.begin(System.nanoTime());
    }
  }

  /** After a region: whether the thread was crowded out. */
  boolean isCrowded() {
    return !free && presence.isCrowded(System.nanoTime());
  }

  void addSleep(long nanos) {
    presence.addSleep(nanos);
  }
}
