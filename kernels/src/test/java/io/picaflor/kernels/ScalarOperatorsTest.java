package io.picaflor.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The specification of the operators itself, against numbers worked out by hand. */
class ScalarOperatorsTest {
  private final Arena arena = Arena.ofShared();
  private final Workers workers = new Workers(2);
  private final Kernels kernels = new ScalarKernels();
  private final Operators operators = kernels.operators(workers);

  @AfterEach
  void close() {
    workers.close();
    arena.close();
  }

  private Matrix row(float... values) {
    return Matrix.dense(Matrices.floats(arena, values), 1, values.length);
  }

  private Matrix empty(int rows, int columns) {
    return Matrix.dense(Matrices.floats(arena, (long) rows * columns), rows, columns);
  }

  private static float[] values(Matrix matrix) {
    return matrix.memory().toArray(ValueLayout.JAVA_FLOAT);
  }

  @Test
  void rmsNormDividesEachGroupByItsOwnRootMeanSquare() {
    Matrix y = empty(1, 4);
    operators.rmsNorm(row(3, 4, 0, 2), 2, Matrices.floats(arena, 1f, 10f), 0f, y).run(1, 0);
    float first = (float) (1 / Math.sqrt(12.5f));
    float second = (float) (1 / Math.sqrt(2));
    assertArrayEquals(new float[] {3 * first, 4 * first * 10, 0, 2 * second * 10}, values(y));
  }

  @Test
  void rmsNormAddsTheResidualLast() {
    Matrix residual = row(100, 200);
    operators.rmsNormAdd(row(3, 4), null, 3.5f, residual, residual).run(1, 0);
    assertArrayEquals(new float[] {100.75f, 201f}, values(residual));
  }

  @Test
  void layerNormTakesTheMeanOff() {
    Matrix y = empty(1, 2);
    operators.layerNorm(row(5, 1), Matrices.floats(arena, 2f, 4f), Matrices.floats(arena, 1f, -1f), 0f, y).run(1, 0);
    assertArrayEquals(new float[] {3, -5}, values(y));
  }

  @Test
  void aNormAndItsCodesAreThoseOfTheTwoByThemselves() {
    Random random = new Random(3);
    Matrix x = Matrix.dense(Matrices.activations(arena, random, 3 * 33, Matrices.Fill.RANDOM), 3, 33);
    Matrix y = empty(3, 33);
    long bytes = operators.codesBytes(3, 33);
    Codes apart = new Codes(arena.allocate(bytes, 64), 3, 33);
    Codes together = new Codes(arena.allocate(bytes, 64), 3, 33);
    operators.rmsNorm(x, 1, null, 1e-6f, y).run(3, 0);
    operators.quantize(y, apart).run(3, 0);
    operators.rmsNormQuantize(x, null, 1e-6f, null, together).run(3, 0);
    assertEquals(-1, apart.memory().mismatch(together.memory()));
  }

  @Test
  void linearOfSeveralPartsGivesTheBitsOfFullyConnected() {
    Random random = new Random(5);
    for (WeightMatrix first : Matrices.eachFormat(arena, random, 5, 64, Matrices.Fill.RANDOM)) {
      WeightMatrix second = Matrices.eachFormat(arena, random, 5, 64, Matrices.Fill.RANDOM).stream()
          .filter(other -> PackedSource.fits(first, other)).findFirst().orElseThrow();
      Matrix x = Matrix.dense(Matrices.activations(arena, random, 3 * 64, Matrices.Fill.RANDOM), 3, 64);
      MemorySegment bias = Matrices.activations(arena, random, 10, Matrices.Fill.RANDOM);
      MemorySegment expectedFirst = Matrices.floats(arena, 15);
      MemorySegment expectedSecond = Matrices.floats(arena, 15);
      kernels.fullyConnected(x.memory(), 3, kernels.pack(first), bias.asSlice(0, 20), expectedFirst, workers);
      kernels.fullyConnected(x.memory(), 3, kernels.pack(second), bias.asSlice(20, 20), expectedSecond, workers);
      PackedWeights both = kernels.pack(PackedSource.of(first, second));
      Matrix y = empty(3, 10);
      Matrix gated = empty(3, 5);
      linear(x, both, bias, new Epilogue.None(), y);
      linear(x, both, bias, new Epilogue.Gated(Activation.SILU), gated);
      Matrix sum = Matrix.dense(Matrices.activations(arena, random, 30, Matrices.Fill.RANDOM), 3, 10);
      float[] residual = values(sum);
      linear(x, both, bias, new Epilogue.Add(sum), sum);
      for (int m = 0; m < 3; m++) {
        for (int n = 0; n < 5; n++) {
          float gate = expectedFirst.getAtIndex(ValueLayout.JAVA_FLOAT, m * 5 + n);
          float up = expectedSecond.getAtIndex(ValueLayout.JAVA_FLOAT, m * 5 + n);
          assertEquals(gate, values(y)[m * 10 + n]);
          assertEquals(up, values(y)[m * 10 + 5 + n]);
          assertEquals(residual[m * 10 + 5 + n] + up, values(sum)[m * 10 + 5 + n]);
          assertEquals(Activation.SILU.of(gate) * up, values(gated)[m * 5 + n]);
        }
      }
    }
  }

  private void linear(Matrix x, PackedWeights weights, MemorySegment bias, Epilogue epilogue, Matrix y) {
    if (!weights.source().quantized()) {
      operators.linear(x, weights, bias, epilogue, y).run(x.rows(), 0);
      return;
    }
    long bytes = operators.codesBytes(x.rows(), x.columns());
    Codes codes = new Codes(arena.allocate(bytes, 64), x.rows(), x.columns());
    operators.quantize(x, codes).run(x.rows(), 0);
    operators.linear(codes, weights, bias, epilogue, y).run(x.rows(), 0);
  }

  @Test
  void rotaryTurnsHalvesAgainstEachOther() {
    Matrix y = row(1, 2, 3, 4, 5, 6, 7, 8);
    operators.rotary(y, 2, row(1, 0), row(0, 1), y).run(1, 0);
    assertArrayEquals(new float[] {1, -4, 3, 2, 5, -8, 7, 6}, values(y));
  }

  @Test
  void attentionWeighsWhatTheWindowShows() {
    AttentionShape shape = new AttentionShape(1, 1, 1, 2, 2f, 0f, 2);
    KvBuffer keys = KvBuffers.of(arena, new KvLayout(KvLayout.Kind.KEYS, 1, 1, KvLayout.Precision.F32, 64));
    KvBuffer values = KvBuffers.of(arena, new KvLayout(KvLayout.Kind.VALUES, 1, 2, KvLayout.Precision.F32, 64));
    Matrix k = Matrix.dense(Matrices.floats(arena, 1000, 0, (float) Math.log(3)), 3, 1);
    Matrix v = Matrix.dense(Matrices.floats(arena, 9, 9, 4, 0, 0, 8), 3, 2);
    operators.append(k, keys).run(3, 0);
    operators.append(v, values).run(3, 0);
    Matrix y = empty(1, 2);
    operators.attention(shape, row(0.5f), keys, values, null, y).run(1, 2); // weights 1/4 and 3/4
    assertArrayEquals(new float[] {1, 6}, values(y), 1e-6f);
    operators.attention(shape, row(0.5f), keys, values, row(0, 0, Float.NEGATIVE_INFINITY), y).run(1, 2);
    assertArrayEquals(new float[] {4, 0}, values(y));
    AttentionShape capped = new AttentionShape(1, 1, 1, 2, 2f, 1e-3f, Integer.MAX_VALUE);
    operators.attention(capped, row(0.5f), keys, values, null, y).run(1, 2); // nearly equal weights
    assertArrayEquals(new float[] {13 / 3f, 17 / 3f}, values(y), 0.01f);
  }

  @Test
  void elementsAreComputedOneByOne() {
    Matrix y = empty(1, 3);
    operators.add(row(1, 2, 3), row(10, 20, 30), y).run(1, 0);
    assertArrayEquals(new float[] {11, 22, 33}, values(y));
    operators.multiply(row(1, 2, 3), row(10, 20, 30), y).run(1, 0);
    assertArrayEquals(new float[] {10, 40, 90}, values(y));
    operators.scale(row(1, 2, 3), 0.5f, y).run(1, 0);
    assertArrayEquals(new float[] {0.5f, 1, 1.5f}, values(y));
    operators.softCap(row(0, 1000, -1000), 30, y).run(1, 0);
    assertArrayEquals(new float[] {0, 30, -30}, values(y));
    operators.gated(Activation.RELU, row(-1, 2, 0), row(10, 20, 30), y).run(1, 0);
    assertArrayEquals(new float[] {0, 40, 0}, values(y));
    operators.activation(Activation.GELU_TANH, row(0, 1, -1), y).run(1, 0);
    assertArrayEquals(new float[] {0, 0.841192f, -0.158808f}, values(y), 1e-6f);
    operators.activation(Activation.GELU, row(0, 1, -1), y).run(1, 0);
    assertArrayEquals(new float[] {0, 0.8413447f, -0.1586553f}, values(y), 1e-7f);
    operators.activation(Activation.SILU, row(0, 1, -1), y).run(1, 0);
    assertArrayEquals(new float[] {0, 0.7310586f, -0.2689414f}, values(y), 1e-7f);
  }

  @Test
  void theLargestAreTakenInOrderAndTiesByIndex() {
    float nan = Float.NaN;
    MemorySegment values = Matrices.floats(arena, nan, 1, 7, Float.NEGATIVE_INFINITY, 7, -0f, 0f, nan);
    assertEquals(2, kernels.argMax(values, 8));
    int[] indices = new int[8];
    float[] largest = new float[8];
    kernels.topK(values, 8, 8, indices, largest);
    assertArrayEquals(new int[] {2, 4, 1, 5, 6, 3, 0, 7}, indices);
    assertArrayEquals(new float[] {7, 7, 1, -0f, 0f, Float.NEGATIVE_INFINITY, nan, nan}, largest);
    kernels.topK(values, 5, 2, indices, largest);
    assertArrayEquals(new int[] {2, 4, 1, 5, 6, 3, 0, 7}, indices, "behind k nothing is written");
    assertEquals(0, kernels.argMax(Matrices.floats(arena, nan, nan), 2));
    assertTrue(Float.isNaN(largest[7]));
  }
}
