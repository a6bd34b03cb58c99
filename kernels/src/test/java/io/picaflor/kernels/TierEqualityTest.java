package io.picaflor.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The tiers that run here give the bits of {@code scalar}, for any shape, any values, any number of threads. */
@ParameterizedClass
@MethodSource("tiers")
class TierEqualityTest {
  private static final long SEED = Long.getLong("picaflor.test.seed", 20_251_123L);

  private final Kernels scalar = new ScalarKernels();
  private final Kernels tier;

  TierEqualityTest(Kernels tier) {
    this.tier = tier;
  }

  static List<Kernels> tiers() {
    return Tiers.faster();
  }

  @Test
  void itIsUnderTestInItsNamedModule() {
    System.out.println("kernels tier under test: " + tier.description() + "; seed " + SEED);
    assertTrue(tier.description().matches("vector, \\d+ bit|jit, avx.*"), tier.description());
    assertTrue(Kernels.class.getModule().isNamed(), "tests must run in the named module");
    assertEquals("io.picaflor.kernels", Kernels.class.getModule().getName());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 7, 8, 12, 15, 16, 17, 31, 32, 33, 63, 64, 65, 96, 128, 192, 256, 640, 768})
  void eachFormatIsEqualForAnyInnerSize(int columns) {
    for (int rows : new int[] {1, 3, 16, 65, 130}) {
      compareEachFormat(rows, columns, Matrices.Fill.RANDOM, 1, 5);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 129})
  void eachFormatIsEqualForAnyNumberOfOutputs(int rows) {
    compareEachFormat(rows, 96, Matrices.Fill.RANDOM, 1, 6);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 33})
  void eachFormatIsEqualForAnyNumberOfRows(int inputs) {
    compareEachFormat(70, 288, Matrices.Fill.RANDOM, inputs);
  }

  @ParameterizedTest
  @EnumSource(Matrices.Fill.class)
  void eachFormatIsEqualForExtremeWeights(Matrices.Fill fill) {
    compareEachFormat(66, 2304, fill, 1, 2, 5);
  }

  /**
   * Rows of equal activations take the codes furthest from the zero point, so each product is as large as it can be, and
   * odd: the sums pass 2^24, beyond which float32 has no odd numbers.
   */
  @ParameterizedTest
  @CsvSource({"10240,8", "10240,4", "33000,8", "33000,4", "33024,2"})
  void theLargestSumsAreExact(int columns, int bits) {
    try (Arena arena = Arena.ofConfined(); Workers workers = new Workers(1)) {
      Random random = new Random(SEED);
      for (Matrices.Fill fill : Matrices.Fill.values()) {
        WeightMatrix weights = Matrices.perChannel(arena, random, 6, columns, bits, fill);
        for (Matrices.Fill inputs : new Matrices.Fill[] {Matrices.Fill.ALL_MAXIMUM, Matrices.Fill.ALL_MINIMUM}) {
          MemorySegment x = Matrices.activations(arena, random, 5L * columns, inputs);
          compare(x.asSlice(0, 4L * columns), 1, weights, null, workers, workers);
          compare(x, 5, weights, null, workers, workers);
        }
      }
    }
  }

  /** The first half adds up to more than 2^27 and the second takes it off again, so a unit lost on the way is seen. */
  @Test
  void largeSumsThatCancelAreExact() {
    try (Arena arena = Arena.ofConfined(); Workers workers = new Workers(1)) {
      Random random = new Random(SEED);
      int columns = 16_384;
      WeightMatrix weights = Matrices.perChannel(arena, random, 20, columns, 8, Matrices.Fill.NEAR_MAXIMUM);
      for (long i = 0; i < weights.values().byteSize(); i++) {
        if (i % columns >= columns / 2) {
          weights.values().set(ValueLayout.JAVA_BYTE, i, (byte) -weights.values().get(ValueLayout.JAVA_BYTE, i));
        }
      }
      MemorySegment x = Matrices.activations(arena, random, 5L * columns, Matrices.Fill.ALL_MAXIMUM);
      compare(x.asSlice(0, 4L * columns), 1, weights, null, workers, workers);
      compare(x, 5, weights, null, workers, workers);
    }
  }

  @ParameterizedTest
  @EnumSource(Matrices.Fill.class)
  void longRowsAreEqual(Matrices.Fill fill) {
    compareEachFormat(6, 10_240, fill, 1, 5);
  }

  @ParameterizedTest
  @CsvSource({"1536,640", "2048,640", "640,1024", "640,2048", "576,576", "192,576", "576,1536"})
  void theShapesOfRealModelsAreEqual(int rows, int columns) {
    compareEachFormat(rows, columns, Matrices.Fill.RANDOM, 1, 4);
  }

  @Test
  void anyShapeIsEqual() {
    Random shapes = new Random(SEED);
    for (int i = 0; i < 60; i++) {
      int columns = 1 + shapes.nextInt(shapes.nextBoolean() ? 70 : 400);
      int rows = 1 + shapes.nextInt(140);
      compareEachFormat(rows, columns, Matrices.Fill.RANDOM, 1 + shapes.nextInt(3), 4 + shapes.nextInt(6));
    }
  }

  @Test
  void largeBlocksAreEqual() {
    try (Arena arena = Arena.ofConfined(); Workers workers = new Workers(1)) {
      Random random = new Random(SEED);
      for (int block : new int[] {1024, 4096, 8192, 8224}) { // the last one has sums that are not exact in float32
        int columns = Math.max(block, 8192);
        compare(arena, random, Matrices.blocks(arena, random, 9, columns, block, Matrices.Fill.RANDOM), 1, workers);
        compare(arena, random, Matrices.blocks(arena, random, 9, columns, block, Matrices.Fill.ALL_MINIMUM), 5,
            workers);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 3.4e38f, 1e-37f, -0f})
  void specialActivationsAreEqualAndStayInTheirRow(float special) {
    try (Arena arena = Arena.ofConfined(); Workers workers = new Workers(1)) {
      Random random = new Random(SEED);
      for (WeightMatrix weights : Matrices.eachFormat(arena, random, 35, 96, Matrices.Fill.RANDOM)) {
        for (int at : new int[] {0, 40, 95}) {
          MemorySegment x = Matrices.activations(arena, random, 5 * 96, Matrices.Fill.RANDOM);
          x.asSlice(2 * 96 * 4, 96 * 4).fill((byte) 0);
          x.setAtIndex(ValueLayout.JAVA_FLOAT, 2 * 96 + at, special);
          x.setAtIndex(ValueLayout.JAVA_FLOAT, 2 * 96 + 3, -special / 2);
          compare(x, 5, weights, null, workers, workers);
          compare(x.asSlice(2 * 96 * 4, 96 * 4), 1, weights, null, workers, workers);
        }
      }
    }
  }

  @Test
  void specialBlockScalesAreEqual() {
    try (Arena arena = Arena.ofConfined(); Workers workers = new Workers(1)) {
      Random random = new Random(SEED);
      WeightMatrix.Int4Blocks weights = Matrices.blocks(arena, random, 40, 128, 32, Matrices.Fill.RANDOM);
      for (int i = 0; i < 160; i++) {
        weights.scales().setAtIndex(WeightMatrix.HALF, i, (short) random.nextInt());
      }
      compare(arena, random, weights, 1, workers);
      compare(arena, random, weights, 5, workers);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1,1,1", "4,256,1280", "4,1280,256", "3,64,1280", "3,1280,64", "33,64,70", "5,17,63", "2,600,15", "7,3,16",
    "1,65,129", "6,1030,31"
  })
  void matrixProductsAreEqual(int rows, int inner, int columns) {
    try (Arena arena = Arena.ofShared(); Workers one = new Workers(1); Workers three = new Workers(3)) {
      Random random = new Random(SEED);
      MemorySegment a = Matrices.activations(arena, random, (long) rows * inner, Matrices.Fill.RANDOM);
      MemorySegment b = Matrices.activations(arena, random, (long) inner * columns, Matrices.Fill.RANDOM);
      for (boolean transposed : new boolean[] {false, true}) {
        MemorySegment expected = Matrices.floats(arena, (long) rows * columns);
        MemorySegment found = Matrices.floats(arena, (long) rows * columns);
        scalar.matrixProduct(a, b, transposed, rows, inner, columns, expected, one);
        tier.matrixProduct(a, b, transposed, rows, inner, columns, found, three);
        assertSameBits(expected, found, rows + "x" + inner + "x" + columns + ", transposed " + transposed);
      }
    }
  }

  @Test
  void aRowsResultDoesNotDependOnTheRowsBesideIt() {
    try (Arena arena = Arena.ofConfined(); Workers workers = new Workers(1)) {
      Random random = new Random(SEED);
      for (WeightMatrix weights : Matrices.eachFormat(arena, random, 100, 640, Matrices.Fill.RANDOM)) {
        PackedWeights packed = tier.pack(weights);
        MemorySegment x = Matrices.activations(arena, random, 11 * 640, Matrices.Fill.RANDOM);
        MemorySegment bias = Matrices.activations(arena, random, 100, Matrices.Fill.RANDOM);
        MemorySegment together = Matrices.floats(arena, 11 * 100);
        tier.fullyConnected(x, 11, packed, bias, together, workers);
        for (int chunk : new int[] {1, 2, 3, 4, 6}) {
          MemorySegment apart = Matrices.floats(arena, 11 * 100);
          for (int m = 0; m < 11; m += chunk) {
            int rows = Math.min(chunk, 11 - m);
            tier.fullyConnected(
                x.asSlice(m * 640L * 4, rows * 640L * 4), rows, packed, bias,
                apart.asSlice(m * 100L * 4, rows * 100L * 4), workers);
          }
          assertSameBits(together, apart, weights + " in chunks of " + chunk);
        }
      }
    }
  }

  @Test
  void resultsDoNotDependOnTheNumberOfThreads() {
    try (Arena arena = Arena.ofShared(); Workers one = new Workers(1)) {
      Random random = new Random(SEED);
      for (WeightMatrix weights : Matrices.eachFormat(arena, random, 1000, 768, Matrices.Fill.RANDOM)) {
        for (int rows : new int[] {1, 3, 9}) {
          PackedWeights packed = tier.pack(weights);
          MemorySegment x = Matrices.activations(arena, random, rows * 768, Matrices.Fill.RANDOM);
          MemorySegment expected = Matrices.floats(arena, rows * 1000);
          tier.fullyConnected(x, rows, packed, null, expected, one);
          for (int threads : new int[] {2, 3}) {
            try (Workers workers = new Workers(threads)) {
              MemorySegment found = Matrices.floats(arena, rows * 1000);
              tier.fullyConnected(x, rows, tier.pack(weights), null, found, workers);
              assertSameBits(expected, found, weights + " with " + threads + " threads");
            }
          }
        }
      }
    }
  }

  @Test
  void moreRowsThanAStripAreEqual() {
    try (Arena arena = Arena.ofShared(); Workers workers = new Workers(2)) {
      Random random = new Random(SEED);
      compare(arena, random, Matrices.perChannel(arena, random, 20, 40, 8, Matrices.Fill.RANDOM), 1030, workers);
    }
  }

  @Test
  void weightsAtOddAddressesAndOnTheHeapAreEqual() {
    try (Arena arena = Arena.ofConfined(); Workers workers = new Workers(1)) {
      Random random = new Random(SEED);
      byte[] bytes = new byte[33 * 640 + 1];
      random.nextBytes(bytes);
      MemorySegment scales = Matrices.floats(arena, 0.5f);
      for (int inputs : new int[] {1, 5}) {
        MemorySegment odd = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes).asSlice(1);
        compare(arena, random, new WeightMatrix.PerChannel(33, 640, 8, odd, scales), inputs, workers);
        MemorySegment heap = MemorySegment.ofArray(bytes).asSlice(1);
        compare(arena, random, new WeightMatrix.PerChannel(33, 640, 8, heap, scales), inputs, workers);
      }
    }
  }

  private void compareEachFormat(int rows, int columns, Matrices.Fill fill, int... inputs) {
    try (Arena arena = Arena.ofShared(); Workers workers = new Workers(1)) {
      Random random = new Random(SEED + rows * 31L + columns);
      for (WeightMatrix weights : Matrices.eachFormat(arena, random, rows, columns, fill)) {
        for (int m : inputs) {
          compare(arena, random, weights, m, workers);
        }
      }
    }
  }

  private void compare(Arena arena, Random random, WeightMatrix weights, int inputs, Workers workers) {
    MemorySegment x = Matrices.activations(arena, random, (long) inputs * weights.columns(), Matrices.Fill.RANDOM);
    x.setAtIndex(ValueLayout.JAVA_FLOAT, weights.columns() / 2, random.nextFloat() * 40 - 20);
    MemorySegment bias = Matrices.activations(arena, random, weights.rows(), Matrices.Fill.RANDOM);
    compare(x, inputs, weights, null, workers, workers);
    compare(x, inputs, weights, bias, workers, workers);
  }

  private void compare(
      MemorySegment x, int inputs, WeightMatrix weights, MemorySegment bias, Workers scalarWorkers, Workers workers) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment expected = Matrices.floats(arena, (long) inputs * weights.rows());
      MemorySegment found = Matrices.floats(arena, (long) inputs * weights.rows());
      found.fill((byte) 0x55);
      scalar.fullyConnected(x, inputs, scalar.pack(weights), bias, expected, scalarWorkers);
      tier.fullyConnected(x, inputs, tier.pack(weights), bias, found, workers);
      assertSameBits(expected, found, weights + ", " + inputs + " rows, bias " + (bias != null));
    }
  }

  private static void assertSameBits(MemorySegment expected, MemorySegment found, String what) {
    assertArrayEquals(bits(expected), bits(found), what);
  }

  /** Bits of each value, with one pattern for all NaN: which one an operation makes is not part of any contract. */
  private static int[] bits(MemorySegment floats) {
    int[] bits = new int[Math.toIntExact(floats.byteSize() / 4)];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToIntBits(floats.getAtIndex(ValueLayout.JAVA_FLOAT, i));
    }
    return bits;
  }
}
