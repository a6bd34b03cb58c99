package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.session.Executor;
import io.picaflor.testfiles.TinyDecoder;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;

import org.junit.jupiter.api.Test;

/**
 * A model whose rows see a window of positions, in two ways of writing: one mask is proved to be a window, and its keys and
 * values lie in a ring that is shorter than the context; the other is not, so all positions are kept and the mask is added.
 */
class PlanWindowTest {
  private static final int WINDOW = 9;

  /** More than the window, the largest chunk and what is reserved to go back: the ring turns. */
  private static final int SLOTS = 1100;

  private static final int[] TOKENS = new Random(5).ints(SLOTS, 0, TinyDecoder.V).toArray();

  private static PlannedModel planned(boolean plainly, String tier) throws Exception {
    return PlannedModel.of(TinyDecoder.sliding(SLOTS, WINDOW, plainly, 4, 6), tier, 1);
  }

  private static float[] evaluate(Executor executor, int[] tokens) {
    return executor.evaluate(tokens, () -> false).toArray(ValueLayout.JAVA_FLOAT);
  }

  @Test
  void onlyTheMaskThatIsProvedMakesARing() throws Exception {
    try (PlannedModel ring = planned(true, "scalar"); PlannedModel full = planned(false, "scalar")) {
      assertTrue(ring.network().windows().values().stream().allMatch(window -> window == WINDOW));
      assertTrue(full.network().windows().values().stream().allMatch(window -> window == Integer.MAX_VALUE));
    }
  }

  @Test
  void aRingGivesTheBitsOfABufferOfAllPositions() throws Exception {
    for (String tier : PlannedModel.tiers()) {
      try (PlannedModel ring = planned(true, tier); PlannedModel full = planned(false, tier);
          Executor turning = ring.context(); Executor whole = full.context()) {
        int from = 0;
        for (int chunk : new int[] {1, 63, 500, 1, 300, 64, 100, 1, 1, 69}) {
          int[] tokens = Arrays.copyOfRange(TOKENS, from, from + chunk);
          assertArrayEquals(evaluate(whole, tokens), evaluate(turning, tokens), tier + ", from " + from);
          from += chunk;
        }
        assertEquals(SLOTS, from);
      }
    }
  }

  @Test
  void aRingGoesBackAsFarAsItSaysAndThenGivesTheSameBits() throws Exception {
    for (String tier : PlannedModel.tiers()) {
      try (PlannedModel ring = planned(true, tier); Executor context = ring.context();
          Executor fresh = ring.context()) {
        context.prefill(Arrays.copyOf(TOKENS, 1000), () -> false);
        assertEquals(760, context.rewind(760), tier);
        fresh.prefill(Arrays.copyOf(TOKENS, 760), () -> false);
        int[] other = Arrays.copyOfRange(TOKENS, 100, 200);
        assertArrayEquals(evaluate(fresh, other), evaluate(context, other), tier);
        assertEquals(0, context.rewind(20), tier); // long gone from the ring
        fresh.rewind(0);
        assertArrayEquals(evaluate(fresh, other), evaluate(context, other), tier);
      }
    }
  }

  @Test
  void bothGiveTheLogitsOfTheReferenceExecutor() throws Exception {
    for (boolean plainly : new boolean[] {true, false}) {
      try (PlannedModel model = planned(plainly, "scalar")) {
        var reference = model.reference();
        try (Executor expected = reference.newExecutor(SLOTS); Executor found = model.context()) {
          for (int i = 0; i < 40; i++) {
            // Sums of at most 16 terms of size 1: a few roundings of 2^-24 each.
            assertArrayEquals(PlannedModel.decode(expected, TOKENS[i]), PlannedModel.decode(found, TOKENS[i]), 1e-5f,
                "position " + i);
          }
        }
      }
    }
  }
}
