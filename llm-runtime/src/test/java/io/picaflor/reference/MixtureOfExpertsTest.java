package io.picaflor.reference;

import static io.picaflor.reference.Trial.shape;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.testfiles.TfliteWriter.Type;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The custom operation {@code moe} against its formula in double precision. */
class MixtureOfExpertsTest {
  // T tokens, D model width, H hidden width, E experts, C chosen
  private static final int T = 3;
  private static final int D = 5;
  private static final int H = 4;
  private static final int E = 6;
  private static final int C = 2;

  private final Random random = new Random(5);
  private final float[] x = floats(T * D);
  private final float[] weights = floats(T * C);
  private final int[] ids = {0, 5, 3, 1, 2, 2};
  private final float[] gate = floats(H * E * D);
  private final float[] up = floats(H * E * D);
  private final float[] down = floats(D * E * H);
  private final float[] scale = floats(E);

  private float[] floats(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private Trial trial(Map<String, Object> changes) {
    Map<String, Object> attributes = new HashMap<>(Map.of("activation", "gelu_tanh", "weight_type", "fp32",
        "hidden_dim", H,
        "model_dim", D, "num_experts", E, "num_active_experts", C, "renormalized_top_weights", true));
    attributes.putAll(changes);
    return Trial.custom("moe", attributes).floats(shape(1, T, D), x).floats(shape(1, T, C), weights)
        .ints(shape(1, T, C), ids)
        .constantFloats(shape(H, E, 1, D), gate).constantFloats(shape(H, E, 1, D), up)
        .constantFloats(shape(D, E, 1, H), down).constantFloats(shape(1, 1, 1, E), scale).result(Type.FLOAT32, 1, T, D);
  }

  private double[] expected() {
    double[] y = new double[T * D];
    for (int t = 0; t < T; t++) {
      for (int c = 0; c < C; c++) {
        int e = ids[t * C + c];
        for (int d = 0; d < D; d++) {
          double sum = 0;
          for (int h = 0; h < H; h++) {
            double g = 0;
            double u = 0;
            for (int k = 0; k < D; k++) {
              g += (double) gate[(h * E + e) * D + k] * x[t * D + k];
              u += (double) up[(h * E + e) * D + k] * x[t * D + k];
            }
            double gelu = 0.5 * g * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (g + 0.044715 * g * g * g)));
            sum += down[(d * E + e) * H + h] * gelu * u;
          }
          y[t * D + d] += (double) weights[t * C + c] * scale[e] * sum;
        }
      }
    }
    return y;
  }

  @Test
  void eachTokenIsTheSumOfItsExperts() throws IOException {
    float[] y = trial(Map.of()).run().floats(0);
    double[] expected = expected();
    double largest = 0;
    for (int i = 0; i < y.length; i++) {
      largest = Math.max(largest, Math.abs(expected[i]));
    }
    for (int i = 0; i < y.length; i++) {
      // Some 20 roundings to 2^-24 of terms not much above the largest result.
      assertEquals(expected[i], y[i], 100 * 0x1p-24 * largest, "element " + i);
    }
  }

  @Test
  void anExpertThatIsNotThereIsAnErrorThatNamesTheOperator() {
    ids[3] = E;
    String message = trial(Map.of()).fails();
    assertEquals("signature run, operator 0 (moe): expert 6 of 6", message);
  }

  @Test
  void otherExpertsAreNotSupported() {
    String message = trial(Map.of("activation", "silu")).unsupported();
    assertTrue(message.contains("activation 'silu'"), message);
    message = trial(Map.of("weight_type", "int8")).unsupported();
    assertTrue(message.contains("weights of type 'int8'"), message);
    message = trial(Map.of()).constantFloats(shape(1), 1).unsupported();
    assertTrue(message.contains("8 operands"), message);
  }

  @Test
  void attributesThatContradictTheShapesAreRefused() {
    String message = trial(Map.of("num_experts", 7)).broken();
    assertTrue(message.contains("num_experts is 7, the shapes say 6"), message);
  }

  @Test
  void otherCustomOperationsAreNamedInTheRefusal() {
    String message = Trial.custom("gated_delta_update", Map.of()).floats(shape(1), 1).result(Type.FLOAT32, 1)
        .unsupported();
    assertTrue(message.contains("no custom operation 'gated_delta_update' is known here"), message);
  }
}
