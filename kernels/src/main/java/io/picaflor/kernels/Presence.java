package io.picaflor.kernels;

import io.picaflor.platform.ThreadUsage;

/**
 * Tells whether others keep a thread from its CPU: over a window of time it was made to stop, and a good part of the time that it
 * did not sleep was not its own.
 *
 * <p>Belongs to the thread that is watched. Allocates nothing once it is made.
 */
final class Presence {
  /** Long enough for the scheduler to take turns in; time asleep does not count. */
  private static final long WINDOW_NANOS = 4_000_000;

  /** A thread that shares its CPU with one other loses half, with two others two thirds. */
  private static final double CROWDED_SHARE = 0.25;

  private final ThreadUsage usage;
  private long start;
  private long slept;
  private long run;
  private long preemptions;

  Presence(ThreadUsage usage) {
    this.usage = usage;
  }

  /** Begins a window; what was before does not count. */
  void begin(long now) {
    usage.read();
    start = now;
    slept = 0;
    run = usage.runNanos();
    preemptions = usage.preemptions();
  }

  /** Time that the thread gave away of its own accord. */
  void addSleep(long nanos) {
    slept += nanos;
  }

  /** Whether the thread was crowded out in the window that ends now; false while the window is short. */
  boolean isCrowded(long now) {
    long awake = now - start - slept;
    if (awake < WINDOW_NANOS) {
      return false;
    }
    long ranBefore = run;
    long stoppedBefore = preemptions;
    begin(now);
    return isCrowded(awake, run - ranBefore, preemptions - stoppedBefore);
  }

  /**
   * Judges a window. Time alone would not do: a thread also loses time to garbage collection and to pages that are read from a
   * file, but then it stops by itself.
   *
   * @param awake nanoseconds in which the thread wanted to run
   * @param ran nanoseconds in which it did
   * @param stops how often it was made to stop for another
   */
  static boolean isCrowded(long awake, long ran, long stops) {
    return stops > 0 && awake - ran > CROWDED_SHARE * awake;
  }
}
