package io.picaflor.kernels;

import io.picaflor.platform.CpuMask;
import io.picaflor.platform.Cpus;
import io.picaflor.platform.NativeCalls;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * A fixed set of threads that run the parts of one kernel side by side; the caller is one of them.
 *
 * <p>{@link #run} hands out tasks one by one. {@link #share} gives each thread a contiguous range, which it takes piece by piece
 * from the front; who is done takes pieces from the back of the others' ranges. Either way a thread that loses its CPU holds up
 * one piece. Neither allocates. Idle workers watch for work for a moment, then sleep. With one thread everything is a plain loop
 * on the caller's thread.
 *
 * <p>Each worker is bound to CPUs of its own where the system allows it, since Linux else often puts caller and worker on one CPU
 * and leaves them there (KERNELS.md, 5). The caller's thread is its user's and stays free: the scheduler moves it to where there
 * is room. A bound worker cannot step aside, and a region waits for one that was stopped in its piece until the scheduler gives it
 * a turn; so a worker that the caller had to wait for stays out for a while ({@link Roster}).
 *
 * <p>Thread rule: any thread may call. While one call has the workers, another one (from another thread, or from inside a task)
 * runs its tasks alone on its own thread. {@link #close} ends the threads; they are daemons.
 */
public final class Workers implements AutoCloseable {

  /** One part of a kernel's work. */
  @FunctionalInterface
  public interface Task {
    /** Does the part with this number, 0 to {@code tasks - 1}. */
    void run(int index);
  }

  /** A range of a kernel's work. */
  @FunctionalInterface
  public interface Range {
    /** Does {@code from <= i < to}. */
    void run(int from, int to);
  }

  /** System property: {@code false} leaves all threads to the scheduler. */
  private static final String BIND = "picaflor.workers.bind";

  /** Longer than the gap between two products of a decode step, shorter than a scheduler's slice. */
  private static final long SPIN_NANOS = 30_000;

  /**
   * A worker that is waited for longer than this, and than the caller's own part took, has lost its CPU: pieces are much shorter
   * than a scheduler's slice, or about as long as the caller's.
   */
  private static final long LATE_NANOS = 1_000_000;

  /** Pieces of a thread's range: what another thread can take over when this one is late, and waits for at most one of. */
  private static final int PIECES = 8;

  /** Those of the process that are in use, by their number of threads. */
  private static final Map<Integer, Workers> OF_PROCESS = new HashMap<>();

  private final Worker[] workers;
  private final Region region;
  private final Roster roster;
  private final AtomicBoolean taken = new AtomicBoolean();

  /** The CPUs of each thread, the caller first; empty if none is bound. */
  private final List<BitSet> cpus;

  private volatile boolean closed;

  /** How many have these workers by {@link #ofProcess}; 0 if they are somebody's own. */
  private int users;

  /**
   * The workers that all share who ask for this number of threads, so that two models in one process do not crowd each other out.
   * Each who asks closes them once.
   *
   * @throws IllegalArgumentException if {@code threads} is not positive
   */
  public static Workers ofProcess(int threads) {
    synchronized (OF_PROCESS) {
      Workers shared = OF_PROCESS.computeIfAbsent(threads, Workers::new);
      shared.users++;
      return shared;
    }
  }

  /**
   * Starts {@code threads - 1} threads, bound unless the system property {@code picaflor.workers.bind} is {@code false}.
   *
   * @throws IllegalArgumentException if {@code threads} is not positive
   */
  public Workers(int threads) {
    this(threads, !System.getProperty(BIND, "true").equals("false"));
  }

  /**
   * Starts {@code threads - 1} threads.
   *
   * @param bind whether they are bound to CPUs, where the system allows it and there are CPUs enough
   * @throws IllegalArgumentException if {@code threads} is not positive
   */
  public Workers(int threads, boolean bind) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: expected at least 1, found " + threads);
    }
    cpus = bind && threads > 1 && NativeCalls.available() ? Cpus.ofProcess().deal(threads) : List.of();
    region = new Region(threads);
    roster = new Roster(threads);
    workers = new Worker[threads - 1];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new Worker(i + 1);
    }
    for (Worker worker : workers) {
      worker.thread.start();
    }
  }

  /** The number of threads that share the work, the caller included. */
  public int threads() {
    return workers.length + 1;
  }

  /**
   * Runs each task once and returns when all are done; what the tasks wrote is visible to the caller then.
   *
   * <p>If a task throws, the first exception is thrown here, after the tasks that had begun have ended; which other
   * tasks ran is not defined then. An interrupt does not stop the work and stays set.
   *
   * @throws IllegalStateException if the workers are closed
   */
  public void run(int tasks, Task task) {
    checkOpen();
    if (tasks <= 1 || !takeWorkers()) {
      for (int i = 0; i < tasks; i++) {
        task.run(i);
      }
      return;
    }
    try {
      region.begin(tasks, task);
      runRegion();
    } finally {
      taken.set(false);
    }
  }

  /**
   * Covers {@code 0 <= i < count} with ranges, each once, and returns when all are done. Each thread goes forward through one
   * share of its own, in some pieces, unless others are late; so memory that belongs to {@code i} is read as one stream a thread.
   * With one thread there is one range.
   *
   * <p>Visibility, exceptions and interrupts as in {@link #run}.
   *
   * @param grain all ranges begin at its multiples; large enough to be worth handing out (some microseconds)
   * @throws IllegalArgumentException if {@code grain} is not positive
   * @throws IllegalStateException if the workers are closed
   */
  public void share(int count, int grain, Range range) {
    checkOpen();
    if (grain < 1) {
      throw new IllegalArgumentException("grain: expected at least 1, found " + grain);
    }
    if (count <= grain || !takeWorkers()) {
      if (count > 0) {
        range.run(0, count);
      }
      return;
    }
    try {
      int pieces = Math.min(roster.count() * PIECES, Region.MAX_PIECES);
      region.begin(count, grain * Math.ceilDiv(Math.ceilDiv(count, grain), pieces), range, roster);
      runRegion();
    } finally {
      taken.set(false);
    }
  }

  /** Whether a worker, 1 to {@code threads - 1}, was late and takes no part for a while. */
  boolean isOut(int worker) {
    return roster.isOut(worker);
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("workers are closed");
    }
  }

  /** Whether there is anybody to share with; then it is ours until {@link #taken} is set back. */
  private boolean takeWorkers() {
    if (workers.length == 0 || !taken.compareAndSet(false, true)) {
      return false;
    }
    if (!roster.isComplete()) {
      roster.takeBack(System.nanoTime());
    }
    if (roster.count() == 1) {
      taken.set(false);
      return false;
    }
    return true;
  }

  private void runRegion() {
    int useful = Math.min(region.pieces(), roster.count());
    for (int i = 1; i < useful; i++) {
      Worker worker = workers[roster.thread(i) - 1];
      if (worker.parked) {
        LockSupport.unpark(worker.thread);
      }
    }
    long begin = System.nanoTime();
    region.takePart(0, region.number());
    if (!region.awaitEnd(SPIN_NANOS)) {
      awaitLate(begin);
    }
    region.throwFailure();
  }

  /** Sleeps until the workers have done their last pieces; those that take too long stay out of the next regions. */
  private void awaitLate(long begin) {
    long now = System.nanoTime();
    if (!region.sleepUntilEnd(Math.max(LATE_NANOS, now - begin))) {
      long late = System.nanoTime();
      for (int i = 1; i <= workers.length; i++) {
        if (region.isAtWork(i)) {
          roster.sendOut(i, late);
        }
      }
      region.sleepUntilEnd(Long.MAX_VALUE);
    }
  }

  /**
   * Ends the threads once they have finished what they run. Idempotent, but for workers {@link #ofProcess}, which end when all who
   * asked for them have closed them.
   */
  @Override
  public void close() {
    synchronized (OF_PROCESS) {
      if (--users > 0) {
        return;
      }
      OF_PROCESS.remove(threads(), this);
    }
    closed = true;
    for (Worker worker : workers) {
      LockSupport.unpark(worker.thread);
    }
  }

  /** A thread that joins each region it sees. */
  private final class Worker implements Runnable {
    private final int number;
    private final Thread thread;
    private volatile boolean parked;

    Worker(int number) {
      this.number = number;
      thread = Thread.ofPlatform().daemon().name("picaflor-worker-" + number).unstarted(this);
    }

    @Override
    public void run() {
      if (!cpus.isEmpty()) { // the FFM API is started on this thread, beside what the caller does
        CpuMask.of(cpus.get(number)).ifPresent(CpuMask::bindCurrentThread);
      }
      int seen = 0;
      while (!closed) {
        seen = awaitOther(seen);
        if (!roster.isOut(number)) {
          region.takePart(number, seen);
        }
      }
    }

    private int awaitOther(int seen) {
      long deadline = 0;
      if (roster.isOut(number)) {
        sleepUntilOther(seen);
      }
      for (int round = 1; region.number() == seen; round++) {
        Thread.onSpinWait();
        if ((round & 63) == 0) {
          long now = System.nanoTime();
          if (deadline == 0) {
            deadline = now + SPIN_NANOS;
          } else if (now - deadline > 0) {
            sleepUntilOther(seen);
            break;
          }
        }
      }
      return region.number();
    }

    private void sleepUntilOther(int seen) {
      parked = true; // first the mark, then another look: no wake-up is lost
      while ((region.number() == seen || roster.isOut(number)) && !closed) {
        LockSupport.park(Workers.this);
        Thread.interrupted(); // nobody's signal here; left set it would keep the thread from sleeping
      }
      parked = false;
    }
  }
}
