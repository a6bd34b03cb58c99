package io.picaflor.kernels;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * The work that the threads of {@link Workers} do together at the moment, used again for each call.
 *
 * <p>Work is cut into pieces, numbered from 0. Each thread has a lane of pieces: it takes from the front of its own, and when that
 * is empty from the back of the others'. A lane is one word, {@code number << 32 | first << 16 | end}, changed by
 * compare-and-set. With the region's number in it a thread that comes late, with what it read of an earlier region, takes
 * nothing (its number would have to come again, 2^32 regions later, while it sleeps).
 *
 * <p>Fields are plain: whoever has taken a piece of a region has read the fields of that region, since they change only after all
 * of its pieces are done.
 */
final class Region {
  /** What a lane has bits for. */
  static final int MAX_PIECES = 0xffff;

  /** Longs between two lanes, so that no two share a cache line, nor a pair of lines that is fetched together. */
  private static final int STRIDE = 16;

  private static final int NONE = -1;

  private final int threads;
  private final AtomicLongArray lanes;

  /** For each thread the number of the region that it works at a piece of, or {@link #NONE}. */
  private final AtomicIntegerArray places;

  private final AtomicInteger ended = new AtomicInteger();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private Workers.Task task;
  private Workers.Range range;
  private int count;
  private int pieceSize;
  private int pieces;
  private volatile int number;
  private volatile Thread sleepingCaller;

  Region(int threads) {
    this.threads = threads;
    lanes = new AtomicLongArray((threads + 1) * STRIDE);
    places = new AtomicIntegerArray((threads + 1) * 2 * STRIDE);
    for (int i = 0; i < threads; i++) {
      places.set(place(i), NONE);
    }
  }

  /** Changes with each region; what workers wait for. */
  int number() {
    return number;
  }

  int pieces() {
    return pieces;
  }

  /** Begins a region of tasks, all of them in one lane, so that they are begun roughly in order. */
  void begin(int tasks, Workers.Task work) {
    task = work;
    range = null;
    set(tasks, Math.ceilDiv(tasks, MAX_PIECES));
    int next = number + 1;
    lanes.setOpaque(lane(0), word(next, 0, pieces));
    for (int i = 1; i < threads; i++) {
      lanes.setOpaque(lane(i), word(next, 0, 0));
    }
    number = next;
  }

  /** Begins a region of ranges, whose pieces are dealt out in order to the lanes of those that take part. */
  void begin(int length, int lengthOfPiece, Workers.Range work, Roster roster) {
    task = null;
    range = work;
    set(length, lengthOfPiece);
    int next = number + 1;
    for (int i = 0; i < threads; i++) {
      lanes.setOpaque(lane(i), word(next, 0, 0));
    }
    int present = roster.count();
    for (int i = 0; i < present; i++) {
      int first = (int) ((long) pieces * i / present);
      int end = (int) ((long) pieces * (i + 1) / present);
      lanes.setOpaque(lane(roster.thread(i)), word(next, first, end));
    }
    number = next;
  }

  private void set(int length, int lengthOfPiece) {
    count = length;
    pieceSize = lengthOfPiece;
    pieces = Math.ceilDiv(length, lengthOfPiece);
    ended.set(0);
    failure.set(null);
    sleepingCaller = null;
  }

  private static int lane(int thread) {
    return (thread + 1) * STRIDE;
  }

  private static int place(int thread) {
    return 2 * lane(thread);
  }

  private static long word(int number, int first, int end) {
    return (long) number << 32 | (long) first << 16 | end;
  }

  /** Works at a region until there is nothing left to take; at once if the region is over. */
  void takePart(int thread, int of) {
    int done = 0;
    places.setOpaque(place(thread), of);
    for (int piece = takeFirst(lane(thread), of); piece != NONE; piece = takeFirst(lane(thread), of)) {
      work(piece);
      done++;
    }
    for (int i = 1; i < threads; i++) {
      int lane = lane((thread + i) % threads);
      for (int piece = takeLast(lane, of); piece != NONE; piece = takeLast(lane, of)) {
        work(piece);
        done++;
      }
    }
    places.setOpaque(place(thread), NONE);
    if (done > 0) {
      int all = pieces; // of this region: it cannot end without ours
      if (ended.addAndGet(done) == all) {
        LockSupport.unpark(sleepingCaller); // null is allowed: the caller is awake
      }
    }
  }

  private int takeFirst(int lane, int of) {
    for (long word = lanes.get(lane); isLeft(word, of); word = lanes.get(lane)) {
      if (lanes.compareAndSet(lane, word, word + (1 << 16))) {
        return first(word);
      }
    }
    return NONE;
  }

  private int takeLast(int lane, int of) {
    for (long word = lanes.get(lane); isLeft(word, of); word = lanes.get(lane)) {
      if (lanes.compareAndSet(lane, word, word - 1)) {
        return end(word) - 1;
      }
    }
    return NONE;
  }

  private static boolean isLeft(long word, int of) {
    return (int) (word >> 32) == of && first(word) < end(word);
  }

  private static int first(long word) {
    return (int) (word >> 16) & 0xffff;
  }

  private static int end(long word) {
    return (int) word & 0xffff;
  }

  private void work(int piece) {
    if (failure.get() != null) {
      return;
    }
    int from = piece * pieceSize;
    int to = Math.min(pieceSize, count - from) + from;
    try {
      if (range != null) {
        range.run(from, to);
      } else {
        for (int i = from; i < to; i++) {
          task.run(i);
        }
      }
    } catch (Throwable t) { // belongs to the caller, whatever it is
      failure.compareAndSet(null, t);
    }
  }

  /** Whether a thread is at a piece of this region, or about to look for one: a look from outside, that may be late. */
  boolean isAtWork(int thread) {
    return places.getOpaque(place(thread)) == number;
  }

  /**
   * On the caller's thread, when nothing is left to take: waits for the pieces that others are at, awake.
   *
   * @param spinNanos how long
   * @return whether all are done
   */
  boolean awaitEnd(long spinNanos) {
    long deadline = 0;
    for (int round = 1; ended.get() != pieces; round++) {
      Thread.onSpinWait();
      if ((round & 63) == 0) {
        long now = System.nanoTime();
        if (deadline == 0) {
          deadline = now + spinNanos;
        } else if (now - deadline > 0) {
          return false;
        }
      }
    }
    return true;
  }

  /**
   * The same asleep, since the last worker may need this thread's CPU. An interrupt does not end it and stays set.
   *
   * @param nanos how long at most
   * @return whether all are done
   */
  boolean sleepUntilEnd(long nanos) {
    boolean interrupted = false;
    long begin = System.nanoTime();
    sleepingCaller = Thread.currentThread(); // first the mark, then another look: no wake-up is lost
    long left = nanos;
    while (ended.get() != pieces && left > 0) {
      LockSupport.parkNanos(this, left);
      interrupted |= Thread.interrupted(); // an interrupted thread cannot park
      left = nanos - (System.nanoTime() - begin);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return ended.get() == pieces;
  }

  /** Lets go of the work; throws what it threw. */
  void throwFailure() {
    task = null;
    range = null;
    Throwable thrown = failure.get();
    if (thrown == null) { // before the switch, which the JVM spins a class for
      return;
    }
    switch (thrown) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable t -> throw new IllegalStateException("a kernel's task failed", t);
    }
  }
}
