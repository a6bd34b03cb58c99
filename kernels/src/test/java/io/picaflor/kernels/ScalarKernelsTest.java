package io.picaflor.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The specification itself, against numbers worked out by hand. */
class ScalarKernelsTest {
  private final Kernels kernels = new ScalarKernels();

  /** The row 0, 255 has scale 1 and zero point -128, so its centred codes are 0 and 255. */
  @Test
  void int8IsSummedAndScaledByRowAndChannel() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment x = Matrices.floats(arena, 0f, 255f);
      var weights = new WeightMatrix.PerChannel(
          2, 2, 8, MemorySegment.ofArray(new byte[] {1, 2, -3, 4}), Matrices.floats(arena, 0.5f, 0.25f));
      assertArrayEquals(new float[] {255f, 255f}, product(arena, x, 1, weights, null));
      assertArrayEquals(new float[] {256f, 254f}, product(arena, x, 1, weights, Matrices.floats(arena, 1f, -1f)));
    }
  }

  @Test
  void int4AndInt2TakeTheirElementsInOrder() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment x = Matrices.floats(arena, 0f, 255f, 1f, 2f);
      MemorySegment one = Matrices.floats(arena, 1f);
      var int4 = new WeightMatrix.PerChannel(1, 4, 4, MemorySegment.ofArray(new byte[] {0x27, (byte) 0x8f}), one);
      assertArrayEquals(new float[] {2 * 255 - 1 - 8 * 2}, product(arena, x, 1, int4, null));
      var int2 = new WeightMatrix.PerChannel(1, 4, 2, MemorySegment.ofArray(new byte[] {(byte) 0b10_11_01_11}), one);
      assertArrayEquals(new float[] {255 - 1 - 2 * 2}, product(arena, x, 1, int2, null));
    }
  }

  /** {@code sum * rowScale} is rounded, then one fused multiply-add: not two more roundings. */
  @Test
  void theBiasIsAddedWithoutARoundingBefore() {
    try (Arena arena = Arena.ofConfined()) {
      Random random = new Random(7);
      MemorySegment x = Matrices.floats(arena, 0f, 255f);
      int different = 0;
      for (int i = 0; i < 200; i++) {
        float scale = random.nextFloat();
        float bias = random.nextFloat();
        var weights = new WeightMatrix.PerChannel(
            1, 2, 8, MemorySegment.ofArray(new byte[] {0, (byte) random.nextInt()}), Matrices.floats(arena, scale));
        float sum = 255f * weights.values().get(ValueLayout.JAVA_BYTE, 1); // the row's scale is 1
        float exact = new BigDecimal(sum).multiply(new BigDecimal(scale)).add(new BigDecimal(bias)).floatValue();
        assertEquals(exact, product(arena, x, 1, weights, Matrices.floats(arena, bias))[0]);
        different += exact == sum * scale + bias ? 0 : 1;
      }
      assertTrue(different > 20, "the cases tell one rounding from two: " + different);
    }
  }

  /**
   * 1 + 2^-10 is a float16; as bfloat16 it is 1. The row's zero point is the smallest code, so nothing is corrected.
   */
  @Test
  void blockScalesAreRoundedToBfloat16() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment x = Matrices.floats(arena, 32);
      for (int k = 1; k < 32; k++) {
        x.setAtIndex(ValueLayout.JAVA_FLOAT, k, 255f);
      }
      MemorySegment values = arena.allocate(16);
      values.fill((byte) 0x11);
      MemorySegment scales = arena.allocate(2);
      scales.set(WeightMatrix.HALF, 0, Float.floatToFloat16(1f + 0x1p-10f));
      var weights = new WeightMatrix.Int4Blocks(1, 32, 32, values, scales);
      assertArrayEquals(new float[] {31 * 255f}, product(arena, x, 1, weights, null));
      assertArrayEquals(new float[] {31 * 255f - 5f}, product(arena, x, 1, weights, Matrices.floats(arena, -5f)));
    }
  }

  /**
   * The row -1, 3, 0... has multiplier 63.75 and zero point -64: unsigned codes 0, 255, 64..., unsigned zero point 64.
   * With weights 1, -8, 0... and scale 3 the correction is 0 - (-7 * 3) = 21, so y = (21 * 64 + 3 * (0 - 8 * 255)) /
   * 63.75.
   */
  @Test
  void blocksCorrectForTheZeroPoint() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment x = Matrices.floats(arena, 32);
      x.setAtIndex(ValueLayout.JAVA_FLOAT, 0, -1f);
      x.setAtIndex(ValueLayout.JAVA_FLOAT, 1, 3f);
      MemorySegment values = arena.allocate(16);
      values.set(ValueLayout.JAVA_BYTE, 0, (byte) 0x81);
      MemorySegment scales = arena.allocate(2);
      scales.set(WeightMatrix.HALF, 0, Float.floatToFloat16(3f));
      var weights = new WeightMatrix.Int4Blocks(1, 32, 32, values, scales);
      float expected = (21f * 64f - 3f * 8f * 255f) * (1f / 63.75f);
      assertArrayEquals(new float[] {expected}, product(arena, x, 1, weights, null));
    }
  }

  /** 2^24 + 1 rounds to 2^24 twice; the bias added last would give 2^24 + 2. */
  @Test
  void floatSumsStartAtTheBias() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment x = Matrices.floats(arena, 1f, 1f);
      var weights = new WeightMatrix.Float32(1, 2, Matrices.floats(arena, 1f, 1f));
      assertArrayEquals(new float[] {0x1p24f}, product(arena, x, 1, weights, Matrices.floats(arena, 0x1p24f)));
      assertArrayEquals(new float[] {2f}, product(arena, x, 1, weights, null));
    }
  }

  /** (1 + 2^-12)^2 - 1 is 2^-11 + 2^-24; a rounded product would lose the last term. */
  @Test
  void floatProductsAreFused() {
    try (Arena arena = Arena.ofConfined()) {
      float a = 1f + 0x1p-12f;
      MemorySegment x = Matrices.floats(arena, -1f, a);
      var weights = new WeightMatrix.Float32(1, 2, Matrices.floats(arena, 1f, a));
      assertArrayEquals(new float[] {0x1p-11f + 0x1p-24f}, product(arena, x, 1, weights, null));
    }
  }

  @Test
  void aRowWithNaNGivesNaNAndLeavesOthersAlone() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment x = Matrices.floats(arena, 0f, 255f, Float.NaN, 1f, 1f, Float.NEGATIVE_INFINITY);
      var weights = new WeightMatrix.PerChannel(
          1, 2, 8, MemorySegment.ofArray(new byte[] {1, 1}), Matrices.floats(arena, 1f));
      assertArrayEquals(new float[] {255f, Float.NaN, Float.NaN}, product(arena, x, 3, weights, null));
    }
  }

  @Test
  void matrixProductsReadEitherLayout() {
    try (Arena arena = Arena.ofConfined(); Workers workers = new Workers(1)) {
      MemorySegment a = Matrices.floats(arena, 1f, 2f, 3f, 4f);
      MemorySegment b = Matrices.floats(arena, 5f, 6f, 7f, 8f);
      MemorySegment c = Matrices.floats(arena, 4);
      kernels.matrixProduct(a, b, false, 2, 2, 2, c, workers);
      assertArrayEquals(new float[] {19f, 22f, 43f, 50f}, c.toArray(ValueLayout.JAVA_FLOAT));
      kernels.matrixProduct(a, b, true, 2, 2, 2, c, workers);
      assertArrayEquals(new float[] {17f, 23f, 39f, 53f}, c.toArray(ValueLayout.JAVA_FLOAT));
    }
  }

  @Test
  void operandsOfTheWrongSizeAreRefusedByEachTier() {
    try (Arena arena = Arena.ofConfined(); Workers workers = new Workers(1)) {
      var matrix = new WeightMatrix.Float32(3, 2, Matrices.floats(arena, 6));
      for (Kernels tier : new Kernels[] {kernels, Kernels.choose(null)}) {
        PackedWeights weights = tier.pack(matrix);
        assertRefused("x: expected 16 bytes (2 x 2 values), found 12",
            () -> tier.fullyConnected(Matrices.floats(arena, 3), 2, weights, null, Matrices.floats(arena, 6), workers));
        assertRefused("y: expected 24 bytes (2 x 3 values), found 28",
            () -> tier.fullyConnected(Matrices.floats(arena, 4), 2, weights, null, Matrices.floats(arena, 7), workers));
        assertRefused("bias: expected 12 bytes (1 x 3 values), found 8", () -> tier.fullyConnected(
            Matrices.floats(arena, 4), 2, weights, Matrices.floats(arena, 2), Matrices.floats(arena, 6), workers));
        assertRefused("x: expected positive sizes, found 0 x 2",
            () -> tier.fullyConnected(Matrices.floats(arena, 4), 0, weights, null, Matrices.floats(arena, 6), workers));
        assertRefused("b: expected 24 bytes (2 x 3 values), found 16", () -> tier.matrixProduct(
            Matrices.floats(arena, 2), Matrices.floats(arena, 4), true, 1, 2, 3, Matrices.floats(arena, 3),
            workers));
      }
    }
  }

  @Test
  void weightsOfAnotherTierAreRefused() {
    try (Arena arena = Arena.ofConfined(); Workers workers = new Workers(1)) {
      Kernels other = Kernels.choose("vector");
      assertNotEquals(other.name(), kernels.name());
      var matrix = new WeightMatrix.Float32(1, 1, Matrices.floats(arena, 1));
      MemorySegment x = Matrices.floats(arena, 1);
      MemorySegment y = Matrices.floats(arena, 1);
      assertThrows(IllegalArgumentException.class,
          () -> kernels.fullyConnected(x, 1, other.pack(matrix), null, y, workers));
      assertThrows(IllegalArgumentException.class,
          () -> other.fullyConnected(x, 1, kernels.pack(matrix), null, y, workers));
    }
  }

  private static void assertRefused(String message, Runnable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call::run).getMessage());
  }

  private float[] product(Arena arena, MemorySegment x, int rows, WeightMatrix weights, MemorySegment bias) {
    try (Workers workers = new Workers(1)) {
      MemorySegment y = Matrices.floats(arena, (long) rows * weights.rows());
      kernels.fullyConnected(x, rows, kernels.pack(weights), bias, y, workers);
      return y.toArray(ValueLayout.JAVA_FLOAT);
    }
  }
}
