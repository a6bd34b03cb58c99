package io.picaflor.kernels;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * A fixed set of threads that run the parts of one kernel side by side; the caller is one of them.
 *
 * <p>{@link #run} hands out task numbers from a counter, so a thread that loses its CPU holds up its own task only.
 * Idle workers watch for work for a moment, then sleep. With one thread everything is a plain loop on the caller's
 * thread.
 *
 * <p>Thread rule: any thread may call {@link #run}. While one call has the workers, another one (from another thread,
 * or from inside a task) runs its tasks alone on its own thread. {@link #close} ends the threads; they are daemons.
 */
public final class Workers implements AutoCloseable {

  /** One part of a kernel's work. */
  @FunctionalInterface
  public interface Task {
    /** Does the part with this number, 0 to {@code tasks - 1}. */
    void run(int index);
  }

  /** Longer than the gap between two products of a decode step, shorter than a scheduler's slice. */
  private static final long SPIN_NANOS = 30_000;

  private static final Region IDLE = new Region(0, index -> {});

  private final Worker[] workers;
  private final AtomicBoolean taken = new AtomicBoolean();
  private volatile Region region = IDLE;
  private volatile boolean closed;

  /**
   * Starts {@code threads - 1} threads.
   *
   * @throws IllegalArgumentException if {@code threads} is not positive
   */
  public Workers(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: expected at least 1, found " + threads);
    }
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
    if (closed) {
      throw new IllegalStateException("workers are closed");
    }
    if (workers.length == 0 || tasks <= 1 || !taken.compareAndSet(false, true)) {
      for (int i = 0; i < tasks; i++) {
        task.run(i);
      }
      return;
    }
    Region work = new Region(tasks, task);
    try {
      region = work;
      for (int i = 0; i < Math.min(tasks - 1, workers.length); i++) {
        if (workers[i].parked) {
          LockSupport.unpark(workers[i].thread);
        }
      }
      work.takePart();
      work.awaitEnd();
    } finally {
      region = IDLE;
      taken.set(false);
    }
    work.throwFailure();
  }

  /** Ends the threads once they have finished what they run. Idempotent. */
  @Override
  public void close() {
    closed = true;
    for (Worker worker : workers) {
      LockSupport.unpark(worker.thread);
    }
  }

  /** One call of {@link #run}. A worker that comes late finds the counter used up and does nothing. */
  private static final class Region {
    private final int tasks;
    private final Task task;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile Thread sleepingCaller;

    Region(int tasks, Task task) {
      this.tasks = tasks;
      this.task = task;
    }

    void takePart() {
      for (int index = next.getAndIncrement(); index < tasks; index = next.getAndIncrement()) {
        try {
          if (failure.get() == null) {
            task.run(index);
          }
        } catch (Throwable t) { // belongs to the caller, whatever it is
          failure.compareAndSet(null, t);
        }
        if (ended.incrementAndGet() == tasks) {
          LockSupport.unpark(sleepingCaller); // null is allowed: the caller is awake
        }
      }
    }

    void awaitEnd() {
      long deadline = 0;
      for (int round = 1; ended.get() != tasks; round++) {
        Thread.onSpinWait();
        if ((round & 63) == 0) {
          long now = System.nanoTime();
          if (deadline == 0) {
            deadline = now + SPIN_NANOS;
          } else if (now - deadline > 0) {
            sleepUntilEnd();
            return;
          }
        }
      }
    }

    /** The last worker may need this thread's CPU, so it is given up. */
    private void sleepUntilEnd() {
      boolean interrupted = false;
      sleepingCaller = Thread.currentThread(); // first the mark, then another look: no wake-up is lost
      while (ended.get() != tasks) {
        LockSupport.park(this);
        interrupted |= Thread.interrupted(); // an interrupted thread cannot park
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    void throwFailure() {
      switch (failure.get()) {
        case null -> {}
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        case Throwable t -> throw new IllegalStateException("a kernel's task failed", t);
      }
    }
  }

  /** A thread that joins each region it sees. */
  private final class Worker implements Runnable {
    private final Thread thread;
    private volatile boolean parked;

    Worker(int number) {
      thread = Thread.ofPlatform().daemon().name("picaflor-worker-" + number).unstarted(this);
    }

    @Override
    public void run() {
      Region seen = IDLE;
      while (!closed) {
        Region work = awaitOther(seen);
        seen = work;
        work.takePart();
      }
    }

    private Region awaitOther(Region seen) {
      long deadline = 0;
      for (int round = 1; nothingNew(seen); round++) {
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
      return region;
    }

    private boolean nothingNew(Region seen) {
      Region now = region;
      return now == seen || now == IDLE;
    }

    private void sleepUntilOther(Region seen) {
      parked = true; // first the mark, then another look: no wake-up is lost
      while (nothingNew(seen) && !closed) {
        LockSupport.park(Workers.this);
        Thread.interrupted(); // nobody's signal here; left set it would keep the thread from sleeping
      }
      parked = false;
    }
  }
}
