package io.picaflor.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.picaflor.quantization.WeightMatrix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The products of {@link Kernels}, of each tier, to the bits of {@code scalar}. */
class ProductParityTest {
  private static final int[][] SHAPES = {
    {1, 1, 1}, {4, 256, 1280}, {4, 1280, 256}, {1, 64, 1280}, {1, 1280, 64}, {33, 64, 70}, {5, 17, 63}, {2, 600, 15},
    {7, 3, 16}, {1, 65, 129}, {6, 1030, 31}, {65, 20, 48}, {130, 9, 100}, {12, 40, 33}
  };

  private final Kernels scalar = new ScalarKernels();
  private final Random random = new Random(Tiers.SEED);

  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#faster")
  void productsOfMatricesAreEqual(Kernels tier) {
    try (Workers one = new Workers(1); Workers three = new Workers(3)) {
      for (int[] shape : SHAPES) {
        try (Arena arena = Arena.ofShared()) {
          MemorySegment a = Matrices.activations(arena, random, (long) shape[0] * shape[1], Matrices.Fill.RANDOM);
          MemorySegment b = Matrices.activations(arena, random, (long) shape[1] * shape[2], Matrices.Fill.RANDOM);
          a.setAtIndex(ValueLayout.JAVA_FLOAT, 0, Float.NaN);
          b.setAtIndex(ValueLayout.JAVA_FLOAT, 0, Float.POSITIVE_INFINITY);
          compare(tier, a, b, shape, random.nextBoolean() ? one : three);
        }
      }
    }
  }

  private void compare(Kernels tier, MemorySegment a, MemorySegment b, int[] shape, Workers workers) {
    try (Arena arena = Arena.ofShared()) {
      for (boolean transposed : new boolean[] {false, true}) {
        Guarded expected = new Guarded(arena, shape[0], shape[2], shape[2]);
        Guarded found = new Guarded(arena, shape[0], shape[2], shape[2]);
        scalar.matrixProduct(a, b, transposed, shape[0], shape[1], shape[2], expected.matrix().memory(), workers);
        tier.matrixProduct(a, b, transposed, shape[0], shape[1], shape[2], found.matrix().memory(), workers);
        String what = tier.description() + ", " + shape[0] + " x " + shape[1] + " x " + shape[2] + ", " + transposed;
        Parity.assertSameBits(expected, found, shape[0], what);
        found.assertNothingWrittenBeside(shape[0], what);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#faster")
  void fullyConnectedLayersAreEqual(Kernels tier) {
    try (Arena arena = Arena.ofShared(); Workers workers = new Workers(2)) {
      for (int rows : new int[] {1, 3, 9}) {
        for (WeightMatrix weights : Matrices.eachFormat(arena, random, 100, 384, Matrices.Fill.RANDOM)) {
          MemorySegment x = Matrices.activations(arena, random, rows * 384L, Matrices.Fill.RANDOM);
          MemorySegment bias = random.nextBoolean()
              ? Matrices.activations(arena, random, 100, Matrices.Fill.RANDOM)
              : null;
          MemorySegment expected = Matrices.floats(arena, rows * 100L);
          MemorySegment found = Matrices.floats(arena, rows * 100L);
          scalar.fullyConnected(x, rows, scalar.pack(weights), bias, expected, workers);
          tier.fullyConnected(x, rows, tier.pack(weights), bias, found, workers);
          assertArrayEquals(bits(expected), bits(found), tier.description() + ", " + weights + ", " + rows + " rows");
        }
      }
    }
  }

  /** Constants of a model are such operands. */
  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#faster")
  void operandsMayBeOfAMappedFile(Kernels tier, @TempDir Path folder) throws IOException {
    Path file = folder.resolve("operands");
    Files.write(file, new byte[4 * 600]);
    try (Arena arena = Arena.ofShared(); Workers workers = new Workers(1);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MemorySegment mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, 4 * 600, arena);
      mapped.copyFrom(Matrices.activations(arena, random, 600, Matrices.Fill.RANDOM));
      compare(tier, mapped.asSlice(0, 4 * 200), mapped.asSlice(4 * 200, 4 * 400), new int[] {10, 20, 20}, workers);
    }
  }

  private static int[] bits(MemorySegment floats) {
    int[] bits = new int[Math.toIntExact(floats.byteSize() / 4)];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToIntBits(floats.getAtIndex(ValueLayout.JAVA_FLOAT, i)); // one pattern for all NaN
    }
    return bits;
  }
}
