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
      roster.update(now + ms * MS);
      if (!roster.isOut(thread)) {
        return ms;
      }
    }
  }

  @Test
  void allAreThereAtFirst() {
    Roster roster = new Roster(3);
    assertEquals(List.of(0, 1, 2), present(roster));
    assertTrue(roster.isSettled());
  }

  @Test
  void aWorkerThatReportsStaysOutForAWhile() {
    Roster roster = new Roster(3);
    roster.report(1);
    assertFalse(roster.isOut(1), "only the caller sends anybody out");
    assertFalse(roster.isSettled());
    assertTrue(roster.update(7 * MS));
    assertEquals(List.of(0, 2), present(roster));
    assertFalse(roster.update(56 * MS));
    assertTrue(roster.update(57 * MS));
    assertEquals(List.of(0, 1, 2), present(roster));
    assertTrue(roster.isSettled());
  }

  @Test
  void whoIsCrowdedOutAgainAtOnceStaysOutTwiceAsLongUpToASecond() {
    Roster roster = new Roster(2);
    long now = -5 * MS; // the clock may begin anywhere
    List<Long> out = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      roster.report(1);
      roster.update(now);
      out.add(msOut(roster, 1, now));
      now += (out.getLast() + 8) * MS;
    }
    assertEquals(List.of(50L, 100L, 200L, 400L, 800L, 1000L, 1000L), out);
    now += 3000 * MS; // a long time of peace
    roster.report(1);
    roster.update(now);
    assertEquals(50, msOut(roster, 1, now));
  }

  @Test
  void theCallerIsNeverSentOut() {
    Roster roster = new Roster(3);
    roster.sendOut(2, 0);
    assertEquals(List.of(0, 1), present(roster));
    roster.sendOut(1, 20 * MS);
    assertEquals(List.of(0), present(roster));
    assertTrue(roster.update(51 * MS));
    assertEquals(List.of(0, 2), present(roster));
    assertTrue(roster.update(71 * MS));
    assertEquals(List.of(0, 1, 2), present(roster));
  }

  @Test
  void freeThreadsAllTakePartUntilTheirTimeIsOver() {
    Roster roster = new Roster(3);
    roster.sendOut(2, 0);
    roster.letFree(10 * MS);
    assertTrue(roster.isFree());
    assertEquals(List.of(0, 1, 2), present(roster));
    roster.report(1);
    assertFalse(roster.update(209 * MS), "nobody is sent out while all are free");
    assertFalse(roster.isSettled());
    assertTrue(roster.update(210 * MS));
    assertFalse(roster.isFree());
    assertTrue(roster.isSettled());
    roster.letFree(220 * MS); // again at once: twice as long
    assertFalse(roster.update(619 * MS));
    assertTrue(roster.update(620 * MS));
  }

  @Test
  void aReportOfOneWhoIsOutChangesNothing() {
    Roster roster = new Roster(2);
    roster.sendOut(1, 0);
    roster.report(1);
    assertFalse(roster.update(49 * MS));
    assertTrue(roster.update(50 * MS));
  }
}
