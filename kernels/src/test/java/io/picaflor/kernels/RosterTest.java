package io.picaflor.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who takes part, by a clock of its own. */
class RosterTest {
  private static final long MS = 1_000_000;

  private static List<Integer> present(Roster roster) {
    List<Integer> threads = new ArrayList<>();
    for (int i = 0; i < roster.count(); i++) {
      threads.add(roster.thread(i));
    }
    return threads;
  }

  /** How long a thread stays out that leaves now. */
  private static long msOut(Roster roster, int thread, long now) {
    for (long ms = 0;; ms++) {
      roster.takeBack(now + ms * MS);
      if (!roster.isOut(thread)) {
        return ms;
      }
    }
  }

  @Test
  void allAreThereAtFirst() {
    Roster roster = new Roster(3);
    assertEquals(List.of(0, 1, 2), present(roster));
    assertTrue(roster.isComplete());
  }

  @Test
  void eachOneComesBackWhenItsOwnTimeIsOver() {
    Roster roster = new Roster(3);
    roster.sendOut(2, 0);
    assertEquals(List.of(0, 1), present(roster));
    assertFalse(roster.isComplete());
    roster.sendOut(1, 3 * MS);
    assertEquals(List.of(0), present(roster));
    roster.takeBack(7 * MS);
    assertEquals(List.of(0), present(roster));
    roster.takeBack(9 * MS);
    assertEquals(List.of(0, 2), present(roster));
    roster.takeBack(12 * MS);
    assertEquals(List.of(0, 1, 2), present(roster));
    assertTrue(roster.isComplete());
  }

  @Test
  void whoIsLateAgainAtOnceStaysOutTwiceAsLongUpToASecond() {
    Roster roster = new Roster(2);
    long now = -5 * MS; // the clock may begin anywhere
    List<Long> out = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      roster.sendOut(1, now);
      out.add(msOut(roster, 1, now));
      now += (out.getLast() + 12) * MS;
    }
    assertEquals(List.of(8L, 16L, 32L, 64L, 128L, 256L, 512L, 1000L, 1000L), out);
    now += 3000 * MS; // a long time of peace
    roster.sendOut(1, now);
    assertEquals(8, msOut(roster, 1, now));
  }
}
