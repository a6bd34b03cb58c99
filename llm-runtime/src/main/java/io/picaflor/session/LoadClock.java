package io.picaflor.session;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/** Adds up how long the phases of a load take, of which one runs at a time. For one thread; starts when it is made. */
public final class LoadClock {
  /** The phases, as {@code LoadPhases} describes them. */
  public enum Phase {
    OPEN, KERNELS, PLAN, WEIGHTS, TOKENIZER
  }

  private final Map<Phase, Duration> taken = new EnumMap<>(Phase.class);
  private Phase current = Phase.OPEN;
  private long since = System.nanoTime();

  /** A clock in the phase {@link Phase#OPEN}. */
  public LoadClock() {}

  /** Ends the phase that runs; from now on another one does, perhaps not for the first time. */
  public void enter(Phase phase) {
    long now = System.nanoTime();
    taken.merge(current, Duration.ofNanos(now - since), Duration::plus);
    current = phase;
    since = now;
  }

  /** How long a phase has taken, up to the last {@link #enter}. */
  public Duration taken(Phase phase) {
    return taken.getOrDefault(phase, Duration.ZERO);
  }
}
