package io.picaflor.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Weights and caps are near the exact ones, and the same bits wherever a score stands beside others. */
class VectorSoftmaxTest {
  private static final int ROOM = 256;

  /** Scores 0 and x: the weight of x is exp(x), but for the sum, which only tiny x leave at 1. */
  private static float exp(float x) {
    float[] scores = new float[ROOM];
    scores[1] = x;
    VectorSoftmax.run(scores, 0, 0, 2);
    return scores[1] / scores[0];
  }

  @Test
  void exponentialsAreWithinFewUnitsOfTheLastPlace() {
    Random random = new Random(Tiers.SEED);
    for (int i = 0; i < 200_000; i++) {
      float x = -random.nextFloat() * 87.3f;
      double exact = Math.exp(x);
      // 2 units for exp itself; a rounding each, of half a unit of up to 2^-23, for the two products and the quotient.
      double allowed = 2 * Math.ulp((float) exact) + 3 * exact * 0x1p-23;
      double difference = Math.abs(exp(x) - exact);
      assertTrue(difference <= allowed, "exp(" + x + ") is off by " + difference / Math.ulp((float) exact) + " ulp");
    }
  }

  @Test
  void whatIsTooSmallForANormalNumberIsZeroAndNaNIsNaN() {
    assertEquals(0f, exp(-87.4f));
    assertEquals(0f, exp(-104f));
    assertEquals(0f, exp(-2.38e38f));
    assertEquals(0f, exp(Float.NEGATIVE_INFINITY));
    assertTrue(exp(-87.3f) >= Float.MIN_NORMAL);
    assertEquals(1f, exp(-0f));
    assertTrue(Float.isNaN(exp(Float.NaN)));
  }

  @Test
  void aRowOfMinusInfinityIsNaN() {
    float[] scores = new float[ROOM];
    Arrays.fill(scores, Float.NEGATIVE_INFINITY);
    VectorSoftmax.run(scores, 0, 3, 5);
    assertTrue(Float.isNaN(scores[3]) && Float.isNaN(scores[4]));
  }

  @Test
  void whatLiesBesideTheScoresDoesNotMatter() {
    Random random = new Random(Tiers.SEED);
    for (int trial = 0; trial < 500; trial++) {
      int from = random.nextInt(100);
      int to = from + 1 + random.nextInt(100);
      float[] scores = new float[ROOM];
      float[] others = new float[ROOM + 64];
      Arrays.fill(scores, Float.NaN);
      Arrays.fill(others, Float.POSITIVE_INFINITY);
      for (int i = from; i < to; i++) {
        scores[i] = (float) random.nextGaussian() * 5;
        others[64 + i] = scores[i];
      }
      VectorSoftmax.run(scores, 0, from, to);
      VectorSoftmax.run(others, 64, from, to);
      assertEquals(-1, Arrays.mismatch(scores, from, to, others, 64 + from, 64 + to));
      double sum = 0;
      for (int i = from; i < to; i++) {
        sum += scores[i];
      }
      assertEquals(1, sum, (to - from) * 0x1p-22);
    }
  }

  @Test
  void capsAreWithinFewUnitsOfTheLastPlace() {
    Random random = new Random(Tiers.SEED);
    float[] room = new float[ROOM];
    for (int trial = 0; trial < 5_000; trial++) {
      float cap = 1 + 50 * random.nextFloat();
      float[] values = new float[ROOM];
      for (int i = 0; i < ROOM; i++) {
        values[i] = (float) (random.nextGaussian() * cap * Math.pow(10, random.nextInt(4) - 2));
      }
      float[] capped = values.clone();
      VectorSoftmax.cap(capped, 0, ROOM, cap, room);
      for (int i = 0; i < ROOM; i++) {
        double exact = cap * Math.tanh((double) values[i] / cap);
        // 4 units for tanh, as FORMATS 5.8 has for LiteRT's, and 2 for quotient and product.
        double allowed = 6 * Math.ulp((float) exact);
        assertTrue(Math.abs(capped[i] - exact) <= allowed,
            "cap " + cap + " of " + values[i] + ": " + capped[i] + " for " + exact);
      }
    }
  }

  @Test
  void capsOfSpecialNumbersAreThoseOfTanh() {
    float[] values = new float[16];
    values[0] = Float.NaN;
    values[1] = Float.POSITIVE_INFINITY;
    values[2] = Float.NEGATIVE_INFINITY;
    VectorSoftmax.cap(values, 0, 16, 30f, new float[16]);
    assertTrue(Float.isNaN(values[0]));
    assertEquals(30f, values[1]);
    assertEquals(-30f, values[2]);
    assertEquals(0f, values[3]);
  }
}
