package io.picaflor.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.session.LoadClock.Phase;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The clock behind the phases of a load. */
class LoadClockTest {
  @Test
  void eachMomentBelongsToThePhaseThatRuns() {
    long before = System.nanoTime();
    LoadClock clock = new LoadClock();
    clock.enter(Phase.PLAN);
    clock.enter(Phase.WEIGHTS);
    clock.enter(Phase.PLAN);
    clock.enter(Phase.TOKENIZER);
    long all = System.nanoTime() - before;
    Duration sum = clock.taken(Phase.OPEN).plus(clock.taken(Phase.PLAN)).plus(clock.taken(Phase.WEIGHTS));
    assertTrue(sum.isPositive() && sum.toNanos() <= all, sum + " of " + all);
    assertEquals(Duration.ZERO, clock.taken(Phase.KERNELS));
    assertEquals(Duration.ZERO, clock.taken(Phase.TOKENIZER), "it has begun, but not ended");
  }

  @Test
  void aPhaseThatComesTwiceIsAddedUp() {
    LoadClock clock = new LoadClock();
    clock.enter(Phase.PLAN);
    clock.enter(Phase.WEIGHTS);
    Duration first = clock.taken(Phase.PLAN);
    clock.enter(Phase.PLAN);
    clock.enter(Phase.WEIGHTS);
    assertTrue(clock.taken(Phase.PLAN).compareTo(first) > 0);
  }
}
