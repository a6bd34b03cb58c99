package io.picaflor.kernels;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Which of the threads of {@link Workers} take part at the moment. A worker that was late, since something else had its CPU, stays
 * out for a while: each region would wait for it a whole slice of the scheduler's time, which costs more than it can give.
 *
 * <p>At first that is some slices, for most of what takes a CPU, such as the JVM's compilers, is gone by then, and a short prompt
 * takes no longer than 50 ms. When the worker comes back and is late again soon, it stays out twice as long, up to a second. So a
 * steady neighbour costs its CPU and a percent or two, and one that leaves is forgotten soon.
 *
 * <p>Thread rule: the thread that has the workers calls everything but {@link #isOut}, which is for workers.
 */
final class Roster {
  private static final long FIRST_PENALTY_NANOS = 8_000_000;
  private static final long LONGEST_PENALTY_NANOS = 1_000_000_000;

  /** Between the states of two threads, so that they share no cache line. */
  private static final int STRIDE = 32;

  private static final int IN = 0;
  private static final int OUT = 1;

  private final AtomicIntegerArray states;

  /** When each went out or, if it is in, came back. */
  private final long[] since;

  private final long[] penalties;

  /** The threads that take part, the caller (0) first. */
  private final int[] present;

  private int count;

  Roster(int threads) {
    states = new AtomicIntegerArray((threads + 1) * STRIDE);
    since = new long[threads];
    penalties = new long[threads];
    present = new int[threads];
    list();
  }

  private static int at(int thread) {
    return (thread + 1) * STRIDE;
  }

  private void list() {
    count = 0;
    for (int i = 0; i < present.length; i++) {
      if (!isOut(i)) {
        present[count++] = i;
      }
    }
  }

  /** Whether a worker is to sleep until it is called. */
  boolean isOut(int thread) {
    return states.get(at(thread)) == OUT;
  }

  /** How many threads take part now, the caller included. */
  int count() {
    return count;
  }

  /** The number of a thread that takes part: 0, the caller, first. */
  int thread(int index) {
    return present[index];
  }

  /** Whether nobody is out; then there is nobody to {@link #takeBack}. */
  boolean isComplete() {
    return count == present.length;
  }

  /**
   * Takes back whose time is over.
   *
   * @param now by {@link System#nanoTime}
   */
  void takeBack(long now) {
    for (int i = 1; i < present.length; i++) {
      if (isOut(i) && now - since[i] >= penalties[i]) {
        since[i] = now;
        states.set(at(i), IN);
      }
    }
    list();
  }

  /** Sends a worker out. */
  void sendOut(int thread, long now) {
    // Out for the first half of this time, back for the second.
    boolean again = penalties[thread] > 0 && now - since[thread] < 2 * penalties[thread];
    penalties[thread] = again ? Math.min(2 * penalties[thread], LONGEST_PENALTY_NANOS) : FIRST_PENALTY_NANOS;
    since[thread] = now;
    states.set(at(thread), OUT);
    list();
  }
}
