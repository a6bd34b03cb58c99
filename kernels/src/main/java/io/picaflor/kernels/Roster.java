package io.picaflor.kernels;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Which of the threads of {@link Workers} take part at the moment. A thread that others keep from its CPU stays out for a while: a
 * region would wait for it a whole slice of the scheduler's time, which costs more than it can give.
 *
 * <p>When it comes back and is crowded out again at once, it stays out twice as long, up to a second. So a steady neighbour costs
 * its CPU and a percent or two, and one that leaves is forgotten soon.
 *
 * <p>If even the caller alone is crowded out, all take part for a while, left free to the scheduler: there is no quiet CPU to keep
 * to, and several threads get a larger share of a busy machine than one.
 *
 * <p>Thread rule: the thread that has the workers calls everything but {@link #report} and {@link #isOut}, which are for workers.
 */
final class Roster {
  private static final long FIRST_PENALTY_NANOS = 50_000_000;
  private static final long FIRST_FREEDOM_NANOS = 200_000_000;
  private static final long LONGEST_PENALTY_NANOS = 1_000_000_000;

  /** Between the states of two threads, so that they share no cache line. */
  private static final int STRIDE = 32;

  private static final int IN = 0;
  private static final int CROWDED = 1;
  private static final int OUT = 2;

  private final AtomicIntegerArray states;
  private final long[] since;
  private final long[] penalties;

  /** The threads that take part, the caller (0) first. */
  private final int[] present;

  private int count;
  private long nextReturn;
  private long freeNanos;
  private long freeUntil;
  private volatile boolean free;
  private volatile boolean reported;

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

  /** A worker says that it is crowded out. */
  void report(int thread) {
    if (states.compareAndSet(at(thread), IN, CROWDED)) {
      reported = true;
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

  /** Whether all are here and nobody has anything to say: then there is nothing to {@link #update}. */
  boolean isSettled() {
    return !reported && !free && count == present.length;
  }

  /**
   * Follows what happened since the last region; whether anybody went or came.
   *
   * @param now by {@link System#nanoTime}
   */
  boolean update(long now) {
    if (free) {
      reported = false;
      free = now - freeUntil < 0;
      return !free;
    }
    boolean changed = false;
    if (reported) {
      reported = false;
      for (int i = 1; i < present.length; i++) {
        if (states.get(at(i)) == CROWDED) {
          stayOut(i, now);
          changed = true;
        }
      }
    }
    if (count < present.length && now - nextReturn >= 0) {
      changed |= takeBack(now);
    }
    if (changed) {
      list();
      nextReturn = earliestReturn(now);
    }
    return changed;
  }

  /** Whether all threads are left to the scheduler at the moment. */
  boolean isFree() {
    return free;
  }

  /** Takes everybody back and leaves all threads to the scheduler for a while. */
  void letFree(long now) {
    boolean again = freeNanos > 0 && now - freeUntil < 2 * freeNanos;
    freeNanos = again ? Math.min(2 * freeNanos, LONGEST_PENALTY_NANOS) : FIRST_FREEDOM_NANOS;
    freeUntil = now + freeNanos;
    free = true;
    for (int i = 1; i < present.length; i++) {
      states.set(at(i), IN);
    }
    list();
  }

  /** Sends a thread out, in whose place another one will run. */
  void sendOut(int thread, long now) {
    stayOut(thread, now);
    list();
    nextReturn = earliestReturn(now);
  }

  private void stayOut(int thread, long now) {
    boolean again = penalties[thread] > 0 && now - since[thread] < 2 * penalties[thread];
    penalties[thread] = again ? Math.min(2 * penalties[thread], LONGEST_PENALTY_NANOS) : FIRST_PENALTY_NANOS;
    since[thread] = now;
    states.set(at(thread), OUT);
  }

  private boolean takeBack(long now) {
    boolean any = false;
    for (int i = 1; i < present.length; i++) {
      if (isOut(i) && now - since[i] >= penalties[i]) {
        since[i] = now;
        states.set(at(i), IN);
        any = true;
      }
    }
    return any;
  }

  private long earliestReturn(long now) {
    long left = LONGEST_PENALTY_NANOS;
    for (int i = 1; i < present.length; i++) {
      if (isOut(i)) {
        left = Math.min(left, since[i] + penalties[i] - now);
      }
    }
    return now + left;
  }
}
