package io.picaflor.reference;

import static io.picaflor.reference.Trial.shape;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.testfiles.Codes;
import io.picaflor.testfiles.TfliteWriter;
import io.picaflor.testfiles.TfliteWriter.Graph;
import io.picaflor.testfiles.TfliteWriter.Type;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The attention composite against the textbook in double precision. */
class AttentionTest {
  private static final String NAME = "odml.scaled_dot_product_attention";
  private static final float MASKED = -0.7f * Float.MAX_VALUE;

  /** Shapes: T tokens, H query heads, K KV heads, S positions, D head size. */
  private record Case(int tokens, int heads, int kvHeads, int positions, int headSize, Float scale, Float cap) {
    private static float[] random(Random random, int count) {
      float[] values = new float[count];
      for (int i = 0; i < count; i++) {
        values[i] = (float) random.nextGaussian();
      }
      return values;
    }

    void holds(long seed) throws IOException {
      Random random = new Random(seed);
      float[] q = random(random, tokens * heads * headSize);
      float[] k = random(random, positions * kvHeads * headSize);
      float[] v = random(random, positions * kvHeads * headSize);
      float[] mask = new float[tokens * positions];
      for (int t = 0; t < tokens; t++) {
        for (int s = 0; s < positions; s++) {
          mask[t * positions + s] = s <= t + positions - tokens ? 0 : MASKED;
        }
      }
      Map<String, Object> attributes = new HashMap<>();
      if (scale != null) {
        attributes.put("scale", scale.doubleValue());
      }
      if (cap != null) {
        attributes.put("logit_cap", cap.doubleValue());
      }
      Trial trial = attention(attributes, shape(1, tokens, heads, headSize), shape(1, positions, kvHeads, headSize),
          shape(1, 1, tokens, positions), q, k, v, mask);
      float[] y = trial.run().floats(0);
      double[] expected = expected(q, k, v, mask);
      for (int i = 0; i < y.length; i++) {
        // Scores of D products and sums of S products, each rounded to 2^-24: far below this.
        assertEquals(expected[i], y[i], 1e-5, this + ", element " + i);
      }
    }

    private double[] expected(float[] q, float[] k, float[] v, float[] mask) {
      double[] y = new double[tokens * heads * headSize];
      double factor = scale == null || scale == 0 ? 1 / Math.sqrt(headSize) : scale;
      for (int t = 0; t < tokens; t++) {
        for (int h = 0; h < heads; h++) {
          int kv = h / (heads / kvHeads);
          double[] weights = new double[positions];
          double sum = 0;
          for (int s = 0; s < positions; s++) {
            double score = 0;
            for (int d = 0; d < headSize; d++) {
              score += q[(t * heads + h) * headSize + d] * factor * k[(s * kvHeads + kv) * headSize + d];
            }
            score = cap == null ? score : Math.tanh(score / cap) * cap;
            weights[s] = Math.exp(score + mask[t * positions + s]);
            sum += weights[s];
          }
          for (int s = 0; s < positions; s++) {
            for (int d = 0; d < headSize; d++) {
              y[(t * heads + h) * headSize + d] += weights[s] / sum * v[(s * kvHeads + kv) * headSize + d];
            }
          }
        }
      }
      return y;
    }
  }

  private static Trial attention(
      Map<String, Object> attributes, int[] query, int[] cache, int[] maskShape, float[] q, float[] k, float[] v,
      float[] mask) {
    Trial trial = Trial.composite(NAME, attributes);
    Graph meaning = trial.file().graph("decomposition"); // wrong on purpose: the composite is not computed by it
    int in = meaning.input("q", Type.FLOAT32, query);
    meaning.input("k", Type.FLOAT32, cache);
    meaning.input("v", Type.FLOAT32, cache);
    meaning.input("mask", Type.FLOAT32, maskShape);
    int out = meaning.value(Type.FLOAT32, query);
    meaning.op(Codes.ABS, new int[] {in}, out).output("y", out);
    return trial.floats(query, q).floats(cache, k).floats(cache, v).floats(maskShape, mask).result(Type.FLOAT32, query);
  }

  @Test
  void eachGroupOfQueryHeadsReadsItsKvHead() throws IOException {
    new Case(1, 1, 1, 5, 4, null, null).holds(1);
    new Case(3, 4, 4, 7, 8, null, null).holds(2);
    new Case(3, 4, 2, 7, 8, null, null).holds(3);
    new Case(2, 6, 1, 16, 16, null, null).holds(4);
    new Case(5, 8, 2, 33, 24, null, null).holds(5);
  }

  @Test
  void scaleAndCapAreTakenFromTheAttributes() throws IOException {
    new Case(3, 4, 2, 7, 8, 0.25f, null).holds(6);
    new Case(3, 4, 2, 7, 8, 0f, null).holds(7);
    new Case(3, 4, 2, 7, 8, 1f, 2f).holds(8);
    new Case(1, 2, 1, 9, 8, null, 0.5f).holds(9);
  }

  @Test
  void shapesThatContradictEachOtherAreRefused() {
    int[][][] wrong = {
      {shape(1, 2, 3, 4), shape(1, 5, 2, 4), shape(1, 1, 2, 5)}, // 3 query heads for 2 KV heads
      {shape(1, 2, 2, 4), shape(1, 5, 2, 3), shape(1, 1, 2, 5)}, // heads of different sizes
      {shape(1, 2, 2, 4), shape(1, 5, 2, 4), shape(1, 1, 2, 6)}, // a mask for 6 positions
      {shape(2, 1, 2, 4), shape(2, 5, 2, 4), shape(1, 1, 1, 5)}, // two batches
      {shape(1, 1, 1, 4), shape(1, 1, 1, 4), shape()}, // a mask without dimensions
      {shape(1, 2, 2, 0), shape(1, 5, 2, 0), shape(1, 1, 2, 5)}, // heads of nothing
    };
    for (int[][] shapes : wrong) {
      String message = attention(Map.of(), shapes[0], shapes[1], shapes[2], new float[0], new float[0], new float[0],
          new float[0])
          .broken();
      assertTrue(message.contains(NAME + "): shapes do not go together"), message);
    }
  }

  @Test
  void anAttentionOfFewerOperandsIsRefused() {
    Trial trial = Trial.composite(NAME, Map.of());
    Graph meaning = trial.file().graph("decomposition");
    int in = meaning.input("q", Type.FLOAT32, 1, 1, 1, 4);
    meaning.output("q", in);
    String message = trial.floats(shape(1, 1, 1, 4), 1, 2, 3, 4).result(Type.FLOAT32, 1, 1, 1, 4).broken();
    assertTrue(message.contains("expected 4 inputs, found 1"), message);
  }

  @Test
  void attributesOfAnotherKindAreRefused() {
    String message = attention(Map.of("scale", "wide"), shape(1, 1, 1, 2), shape(1, 1, 1, 2), shape(1, 1, 1, 1),
        new float[2], new float[2], new float[2], new float[1]).broken();
    assertTrue(message.contains("attribute 'scale' should be a number, found the text 'wide'"), message);
  }

  @Test
  void otherCompositesAreComputedByTheirDecomposition() throws IOException {
    Trial trial = Trial.composite("odml.anything", Map.of("epsilon", 1e-6));
    Graph meaning = trial.file().graph("decomposition");
    int x = meaning.input("x", Type.FLOAT32, 2);
    int one = meaning.floats(shape(), 1);
    int more = meaning.value(Type.FLOAT32, 2);
    int y = meaning.value(Type.FLOAT32, 2);
    meaning.op(Codes.ADD, new int[] {x, one}, more).op(Codes.MUL, new int[] {more, x}, y).output("y", y);
    trial.floats(shape(2), 2, 3).result(Type.FLOAT32, 2).gives(6f, 12);
  }

  @Test
  void aDecompositionOfAnotherShapeIsRefused() {
    Trial trial = Trial.composite("odml.anything", Map.of());
    Graph meaning = trial.file().graph("decomposition");
    int x = meaning.input("x", Type.FLOAT32, 3);
    meaning.output("y", x);
    String message = trial.floats(shape(2), 2, 3).result(Type.FLOAT32, 2).broken();
    assertTrue(message.contains("(odml.anything): t0 float32[2] stands for t0 float32[3] of its decomposition"),
        message);
  }
}
