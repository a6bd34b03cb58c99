package io.picaflor.sampling;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.GenerationOptions;
import io.picaflor.kernels.Kernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Which tokens may be drawn, and how often. */
class SamplerTest {
  private static final int DRAWS = 20_000;
  private static final Kernels KERNELS = Kernels.choose(null);

  private static MemorySegment logits(float... values) {
    return Arena.ofAuto().allocateFrom(JAVA_FLOAT, values);
  }

  /** How often each id is drawn. */
  private static double[] frequencies(GenerationOptions options, float... values) {
    MemorySegment logits = logits(values);
    Sampler sampler = new Sampler(KERNELS, options);
    int[] counts = new int[values.length];
    for (int i = 0; i < DRAWS; i++) {
      counts[sampler.next(logits, values.length)]++;
    }
    return Arrays.stream(counts).mapToDouble(count -> (double) count / DRAWS).toArray();
  }

  private static final GenerationOptions DRAWN = GenerationOptions.GREEDY.withTemperature(1).withSeed(42);

  /** Four standard deviations of a frequency of one half. */
  private static final double NOISE = 4 * Math.sqrt(0.25 / DRAWS);

  @Test
  void greedyTakesTheLowestOfEqualBestIds() {
    assertEquals(1, new Sampler(KERNELS, GenerationOptions.GREEDY).next(logits(0, 3, 3, 1), 4));
    assertEquals(1, new Sampler(KERNELS, DRAWN.withTopK(1)).next(logits(0, 3, 3, 1), 4));
  }

  @Test
  void drawsAsOftenAsTheSoftmaxSays() {
    float log3 = (float) Math.log(3);
    double[] f = frequencies(DRAWN, 0, log3, 0, (float) Math.log(5));
    double[] expected = {0.1, 0.3, 0.1, 0.5};
    for (int i = 0; i < 4; i++) {
      assertEquals(expected[i], f[i], NOISE);
    }
  }

  @Test
  void temperatureSharpensAndFlattens() {
    // At temperature 0.5 odds are squared: 9 to 1 for odds of 3 to 1.
    assertEquals(0.9, frequencies(DRAWN.withTemperature(0.5), (float) Math.log(3), 0)[0], NOISE);
    assertEquals(0.5, frequencies(DRAWN.withTemperature(100), (float) Math.log(3), 0)[0], NOISE + 0.01);
  }

  @Test
  void topKKeepsTheKBest() {
    double[] f = frequencies(DRAWN.withTopK(2), 1, 0, 1, 0.5f, -5);
    assertEquals(0, f[1] + f[3] + f[4]);
    assertEquals(0.5, f[0], NOISE);
  }

  @Test
  void topPKeepsTheSmallestSetThatReachesIt() {
    float[] halves = {(float) Math.log(0.5), (float) Math.log(0.25), (float) Math.log(0.125), (float) Math.log(0.125)};
    double[] f = frequencies(DRAWN.withTopP(0.7), halves);
    assertEquals(2.0 / 3, f[0], NOISE);
    assertEquals(0, f[2] + f[3]);
    assertEquals(1, frequencies(DRAWN.withTopP(0.01), halves)[0], "the best token always stays");
  }

  @Test
  void minPDropsWhatIsFarBelowTheBest() {
    double[] f = frequencies(DRAWN.withMinP(0.3), (float) Math.log(8), (float) Math.log(4), (float) Math.log(1));
    assertEquals(0, f[2]);
    assertTrue(f[1] > 0);
  }

  @Test
  void suppressedIdsAreNeverChosen() {
    assertEquals(0, new Sampler(KERNELS, GenerationOptions.GREEDY, 1, 77).next(logits(1, 9, 0), 3));
  }

  @Test
  void extremeLogitsStillGiveADraw() {
    assertEquals(1, frequencies(DRAWN, Float.MAX_VALUE, -Float.MAX_VALUE)[0]);
    assertEquals(1, frequencies(DRAWN, Float.NEGATIVE_INFINITY, -1e30f)[1]);
  }

  @Test
  void notANumberIsAnErrorAndNoToken() {
    assertThrows(ArithmeticException.class,
        () -> new Sampler(KERNELS, GenerationOptions.GREEDY).next(logits(1, Float.NaN), 2));
    float none = Float.NEGATIVE_INFINITY;
    assertThrows(ArithmeticException.class, () -> new Sampler(KERNELS, DRAWN).next(logits(none, none), 2));
  }

  @Test
  void aSeedMeansTheSameEverywhere() {
    // SplitMix64 from seed 42 and probabilities of StrictMath: these ids must never change.
    Sampler sampler = new Sampler(KERNELS, DRAWN);
    MemorySegment logits = logits(0, 0, 0, 0, 0, 0, 0, 0);
    int[] drawn = new int[8];
    for (int i = 0; i < drawn.length; i++) {
      drawn[i] = sampler.next(logits, 8);
    }
    assertArrayEquals(new int[] {5, 1, 2, 2, 0, 6, 1, 6}, drawn);
  }
}
