package io.picaflor.session;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Stop sequences are matched as suffixes, and what may become one is told. */
class StopMatcherTest {
  private final StopMatcher matcher =
      new StopMatcher(List.of(new int[] {9}, new int[] {1, 1, 2}), List.of("STOP", "\n\n"));

  @Test
  void findsASequenceThatOverlapsItself() {
    assertEquals(3, matcher.matched(new int[] {1, 1, 1, 2}));
    assertEquals(1, matcher.matched(new int[] {5, 9}));
    assertEquals(0, matcher.matched(new int[] {1, 2}));
  }

  @Test
  void tellsHowManyIdsMayStillBecomeASequence() {
    assertEquals(2, matcher.begun(new int[] {1, 1, 1}));
    assertEquals(1, matcher.begun(new int[] {5, 1}));
    assertEquals(0, matcher.begun(new int[] {1, 5}));
    assertEquals(0, matcher.begun(new int[0]));
  }

  @Test
  void findsTheFirstText() {
    assertEquals(2, matcher.found("ab\n\nSTOP"));
    assertEquals(-1, matcher.found("STO P"));
  }

  @Test
  void tellsHowManyCharactersMayStillBecomeAText() {
    assertEquals(3, matcher.begun("xSTO"));
    assertEquals(1, matcher.begun("x\n"));
    assertEquals(0, matcher.begun("STOx"));
  }
}
