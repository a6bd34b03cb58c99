package io.picaflor.kernels;

import static io.picaflor.kernels.Parity.U;

import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Quantization and linear operators of each tier against {@code scalar}: bit for bit, but for activations. */
class LinearParityTest {
  private static final int[] SIZES =
      {1, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 96, 127, 128, 129, 256, 640, 2048};
  private static final int[] OUTPUTS = {1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 640};
  private static final int[] ROWS = {1, 2, 3, 4, 5, 8, 33};

  /** Makes weights of one format. */
  @FunctionalInterface
  interface Format {
    WeightMatrix make(Arena arena, Random random, int rows, int columns, Matrices.Fill fill);
  }

  static Stream<Arguments> tiersAndFormats() {
    List<Named<Format>> formats = List.of(
        Named.of("int8",
            (arena, random, rows, columns, fill) -> Matrices.perChannel(arena, random, rows, columns, 8, fill)),
        Named.of("int4",
            (arena, random, rows, columns, fill) -> Matrices.perChannel(arena, random, rows, columns, 4, fill)),
        Named.of("int2",
            (arena, random, rows, columns, fill) -> Matrices.perChannel(arena, random, rows, columns, 2, fill)),
        Named.of("blocks of 32",
            (arena, random, rows, columns, fill) -> Matrices.blocks(arena, random, rows, up(columns, 32), 32, fill)),
        Named.of("blocks of 128",
            (arena, random, rows, columns, fill) -> Matrices.blocks(arena, random, rows, up(columns, 128), 128, fill)),
        Named.of("float32", Matrices::float32),
        Named.of("float16", (arena, random, rows, columns, fill) -> Matrices.float16(arena, random, rows, columns)));
    return Tiers.faster().stream().flatMap(
        tier -> formats.stream().map(format -> Arguments.of(Named.of(tier.description(), tier), format)));
  }

  private static int up(int columns, int block) {
    return Math.ceilDiv(columns, block) * block;
  }

  @ParameterizedTest
  @MethodSource("tiersAndFormats")
  void anyInnerSizeIsEqual(Kernels tier, Format format) {
    for (int columns : SIZES) {
      for (int rows : new int[] {1, 3, 5}) {
        compareAll(tier, format, columns, rows, Matrices.Fill.RANDOM, 35);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("tiersAndFormats")
  void anyNumberOfOutputsIsEqual(Kernels tier, Format format) {
    for (int outputs : OUTPUTS) {
      compareAll(tier, format, 96, 1, Matrices.Fill.RANDOM, outputs);
      compareAll(tier, format, 96, 5, Matrices.Fill.RANDOM, outputs);
    }
  }

  @ParameterizedTest
  @MethodSource("tiersAndFormats")
  void anyNumberOfRowsIsEqual(Kernels tier, Format format) {
    for (int rows : ROWS) {
      compareAll(tier, format, 160, rows, Matrices.Fill.RANDOM, 70);
    }
  }

  @ParameterizedTest
  @MethodSource("tiersAndFormats")
  void severalPartsAreEqual(Kernels tier, Format format) {
    for (int rows : ROWS) {
      compareAll(tier, format, 128, rows, Matrices.Fill.RANDOM, 65, 1, 33);
      compareAll(tier, format, 64, rows, Matrices.Fill.RANDOM, 256, 64, 64);
      compareAll(tier, format, 64, rows, Matrices.Fill.RANDOM, 40, 40);
      compareAll(tier, format, 64, rows, Matrices.Fill.RANDOM, 128, 128);
      compareAll(tier, format, 64, rows, Matrices.Fill.RANDOM, 96, 96);
    }
  }

  @ParameterizedTest
  @MethodSource("tiersAndFormats")
  void extremeWeightsAreEqual(Kernels tier, Format format) {
    for (Matrices.Fill fill : Matrices.Fill.values()) {
      compareAll(tier, format, 2304, 1, fill, 20, 20);
      compareAll(tier, format, 2304, 5, fill, 20, 20);
    }
  }

  /** What the tier vector leaves to scalar, since float32 has not all sums of such blocks. */
  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#faster")
  void veryLargeBlocksAreEqual(Kernels tier) {
    Format format =
        (arena, random, rows, columns, fill) -> Matrices.blocks(arena, random, rows, columns, columns, fill);
    compareAll(tier, format, 8224, 5, Matrices.Fill.RANDOM, 6, 6);
    compareAll(tier, format, 8224, 1, Matrices.Fill.ALL_MINIMUM, 6, 6);
  }

  /** Each epilogue that these parts allow, with and without a bias. */
  private static void compareAll(
      Kernels tier, Format format, int columns, int rows, Matrices.Fill fill, int... outputs) {
    Random random = new Random(Tiers.SEED + columns * 31L + rows * 7L + outputs[0]);
    try (Arena arena = Arena.ofShared(); Workers workers = new Workers(1 + random.nextInt(3))) {
      WeightMatrix[] parts = new WeightMatrix[outputs.length];
      for (int p = 0; p < parts.length; p++) {
        parts[p] = format.make(arena, random, outputs[p], columns, fill);
      }
      Layer layer = new Layer(tier, workers, PackedSource.of(parts), rows);
      for (boolean biased : new boolean[] {false, true}) {
        MemorySegment bias =
            biased ? Matrices.activations(arena, random, layer.source.rows(), Matrices.Fill.RANDOM) : null;
        layer.compare(arena, random, bias);
      }
    }
  }

  /** One layer, in the specification and in a tier. */
  private record Layer(Kernels tier, Workers workers, PackedSource source, int rows) {
    void compare(Arena arena, Random random, MemorySegment bias) {
      Guarded x = input(arena, random);
      int outputs = source.rows();
      String what = tier.description() + ", " + source + ", " + rows + " rows, bias " + (bias != null);
      Guarded expected = new Guarded(arena, rows, outputs, outputs);
      Guarded found = new Guarded(arena, rows, outputs, outputs + 3 * random.nextInt(2));
      run(new ScalarKernels(), arena, x, bias, new Epilogue.None(), expected);
      run(tier, arena, x, bias, new Epilogue.None(), found);
      Parity.assertSameBits(expected, found, rows, what);
      found.assertNothingWrittenBeside(rows, what);

      Guarded residual = Guarded.of(arena, random, rows, outputs, outputs + 5, Matrices.Fill.RANDOM);
      Guarded sum = new Guarded(arena, rows, outputs, outputs);
      run(new ScalarKernels(), arena, x, bias, new Epilogue.Add(residual.matrix()), sum);
      run(tier, arena, x, bias, new Epilogue.Add(residual.matrix()), found);
      Parity.assertSameBits(sum, found, rows, what + ", added");
      run(tier, arena, x, bias, new Epilogue.Add(residual.matrix()), residual);
      Parity.assertSameBits(sum, residual, rows, what + ", added in place");
      residual.assertNothingWrittenBeside(rows, what);

      if (source.parts().size() == 2 && 2 * source.parts().getFirst().rows() == outputs) {
        compareGated(arena, x, bias, expected, what);
      }
    }

    /** Both products are equal in all tiers, so only the activation and the last product may differ. */
    private void compareGated(Arena arena, Guarded x, MemorySegment bias, Guarded plain, String what) {
      int outputs = source.rows() / 2;
      for (Activation activation : Activation.values()) {
        Guarded expected = new Guarded(arena, rows, outputs, outputs);
        Guarded found = new Guarded(arena, rows, outputs, outputs + 7);
        run(new ScalarKernels(), arena, x, bias, new Epilogue.Gated(activation), expected);
        run(tier, arena, x, bias, new Epilogue.Gated(activation), found);
        Parity.Bound bound = (r, c) -> {
          float gate = plain.at(r, c);
          float exact = activation.of(gate);
          double off = ElementwiseParityTest.activationBound(activation, gate, exact);
          if (Float.isInfinite(plain.at(r, c + outputs)) && Math.abs(exact) <= off) {
            return Parity.ANYTHING; // what may be 0 is NaN or an infinity here
          }
          return Math.abs(plain.at(r, c + outputs)) * off + 2 * U * Math.abs(expected.at(r, c)) + Float.MIN_NORMAL;
        };
        Parity.assertWithin(bound, expected, found, rows, what + ", " + activation);
        found.assertNothingWrittenBeside(rows, what + ", " + activation);
      }
    }

    private Guarded input(Arena arena, Random random) {
      int columns = source.columns();
      Guarded x = Guarded.of(arena, random, rows, columns, columns + 5 * random.nextInt(2), Matrices.Fill.RANDOM);
      for (int r = 1; r < rows; r++) {
        switch (r % 8) {
          case 1 -> x.set(r, random.nextInt(columns), Float.NaN);
          case 2 -> x.set(r, columns - 1, Float.NEGATIVE_INFINITY);
          case 3, 4 -> {
            for (int c = 0; c < columns; c++) {
              x.set(r, c, r % 8 == 3 ? 0f : 1e-38f);
            }
          }
          case 5 -> x.set(r, 0, 3e38f);
          default -> {}
        }
      }
      return x;
    }

    private void run(Kernels kernels, Arena arena, Guarded x, MemorySegment bias, Epilogue epilogue, Guarded y) {
      Operators operators = kernels.operators(workers);
      PackedWeights weights = kernels.pack(source);
      if (!source.quantized()) {
        operators.linear(x.matrix(), weights, bias, epilogue, y.matrix()).run(rows, 0);
        return;
      }
      long bytes = operators.codesBytes(rows, source.columns());
      MemorySegment memory = arena.allocate(bytes + 64, 64);
      memory.fill((byte) 0x5a);
      Codes codes = new Codes(memory.asSlice(0, bytes), rows, source.columns());
      operators.quantize(x.matrix(), codes).run(rows, 0);
      for (long i = bytes; i < bytes + 64; i++) {
        if (memory.get(ValueLayout.JAVA_BYTE, i) != 0x5a) {
          throw new AssertionError("codes written behind their end");
        }
      }
      operators.linear(codes, weights, bias, epilogue, y.matrix()).run(rows, 0);
    }
  }
}
