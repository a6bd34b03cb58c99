package io.picaflor.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The largest values, of each tier, against a sort of all. */
class SelectionParityTest {

  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#all")
  void theLargestAreThoseThatASortPutsFirst(Kernels tier) {
    Random random = new Random(Tiers.SEED);
    for (int count : new int[] {1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 640, 2048, 50_000}) {
      for (int distinct : new int[] {1, 3, 40, Integer.MAX_VALUE}) {
        float[] values = values(random, count, distinct);
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment memory = arena.allocate(4L * count + 64, 4).fill((byte) 0x7f); // behind the end: 3.39e38
          MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_FLOAT, 0, count);
          compare(tier, memory, values);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#all")
  void oneNaNIsFoundWhereverItIs(Kernels tier) {
    for (int count : new int[] {1, 15, 16, 17, 33, 100}) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment memory = arena.allocate(4L * count + 64, 4).fill((byte) 0xff); // behind the end: NaN
        float[] numbers = {1e30f, -1, -0f, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY};
        for (int i = 0; i < count; i++) {
          memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, numbers[i % numbers.length]);
        }
        assertFalse(tier.hasNaN(memory, count), tier.name());
        for (int i = 0; i < count; i++) {
          float number = memory.getAtIndex(ValueLayout.JAVA_FLOAT, i);
          memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, Float.NaN);
          assertTrue(tier.hasNaN(memory, count), tier.name() + ", at " + i + " of " + count);
          memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, number);
        }
      }
    }
  }

  private static float[] values(Random random, int count, int distinct) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = distinct == Integer.MAX_VALUE ? (float) random.nextGaussian() * 5 : random.nextInt(distinct) - 2;
      switch (random.nextInt(30)) {
        case 0 -> values[i] = Float.NaN;
        case 1 -> values[i] = Float.NEGATIVE_INFINITY;
        case 2 -> values[i] = -0f;
        default -> {}
      }
    }
    if (random.nextInt(4) == 0) {
      Arrays.fill(values, random.nextBoolean() ? Float.NaN : Float.NEGATIVE_INFINITY);
    }
    return values;
  }

  private static void compare(Kernels tier, MemorySegment memory, float[] values) {
    int count = values.length;
    String what = tier.name() + ", " + count + " values, seed " + Tiers.SEED;
    Comparator<Integer> falling = (a, b) -> {
      boolean left = Float.isNaN(values[a]);
      boolean right = Float.isNaN(values[b]);
      return left || right ? Boolean.compare(left, right) : values[a] > values[b] ? -1 : values[a] < values[b] ? 1 : 0;
    };
    int[] order = IntStream.range(0, count).boxed().sorted(falling.thenComparing(Comparator.naturalOrder()))
        .mapToInt(Integer::intValue).toArray();
    assertEquals(order[0], tier.argMax(memory, count), what);
    for (int k : new int[] {1, 2, 7, 40, 64, 100}) {
      if (k <= count) {
        int[] indices = new int[k];
        float[] largest = new float[k];
        tier.topK(memory, count, k, indices, largest);
        assertArrayEquals(Arrays.copyOf(order, k), indices, what + ", k " + k);
        for (int i = 0; i < k; i++) {
          assertEquals(values[order[i]], largest[i], what + ", k " + k);
        }
      }
    }
  }
}
