package io.picaflor.kernels;

import static io.picaflor.kernels.Parity.U;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Norms of each tier against {@code scalar}, and against what they say they are made of. */
class NormParityTest {
  private static final int[] SIZES =
      {1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 640, 2048};
  private static final int[] ROWS = {1, 2, 3, 4, 5, 8, 33};

  @FunctionalInterface
  private interface Case {
    void run(Arena arena, Random random, Workers workers, int rows, int columns, int gap);
  }

  private static void eachSize(Case test) {
    Random random = new Random(Tiers.SEED);
    try (Workers one = new Workers(1); Workers two = new Workers(2); Workers three = new Workers(3)) {
      Workers[] workers = {one, two, three};
      for (int columns : SIZES) {
        for (int rows : ROWS) {
          try (Arena arena = Arena.ofShared()) {
            test.run(arena, random, workers[random.nextInt(3)], rows, columns, random.nextInt(3) * 5);
          }
        }
      }
    }
  }

  /** A matrix whose rows are of all kinds, those that are no numbers among them. */
  private static Guarded rows(Arena arena, Random random, int rows, int columns, int gap) {
    Guarded x = Guarded.of(arena, random, rows, columns, columns + gap, Matrices.Fill.RANDOM);
    for (int r = 1; r < rows; r++) {
      int last = columns - 1;
      for (int c = 0; c < columns; c++) {
        switch (r % 8) {
          case 1 -> x.set(r, c, 0f);
          case 2 -> x.set(r, c, 1e15f * x.at(r, c));
          case 3 -> x.set(r, c, -7.25f);
          case 4 -> x.set(r, c, 1e-3f * x.at(r, c));
          default -> {}
        }
      }
      switch (r % 8) {
        case 5 -> x.set(r, last, Float.NaN);
        case 6 -> x.set(r, random.nextInt(columns), Float.POSITIVE_INFINITY);
        case 7 -> x.set(r, 0, Float.NEGATIVE_INFINITY);
        default -> {}
      }
    }
    return x;
  }

  private static MemorySegment constants(Arena arena, Random random, int count) {
    return random.nextInt(4) == 0 ? null : Matrices.activations(arena, random, count, Matrices.Fill.RANDOM);
  }

  /**
   * The relative error of a mean of n squares is at most n + 4 roundings (n products, the chain of sums, the quotient,
   * epsilon) on the tier's side and 3 on the specification's, whose sum is in double; the root halves it. The root, the
   * quotient and two products add 4 roundings on either side. A unit more than half of the last place is granted to each
   * of the tier's root and quotient. One hundredth is for terms of higher order, which for n = 2048 are below it.
   */
  private static double relativeBound(int size) {
    return 1.01 * ((size + 7) / 2.0 + 8 + 4) * U;
  }

  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#faster")
  void rmsNormIsWithinItsBound(Kernels tier) {
    eachSize((arena, random, workers, rows, columns, gap) -> {
      for (int groups : new int[] {1, 2, 3, 4, 9}) {
        Guarded x = rows(arena, random, rows, columns * groups, gap);
        Guarded expected = new Guarded(arena, rows, columns * groups, columns * groups + gap);
        Guarded found = new Guarded(arena, rows, columns * groups, columns * groups + gap);
        MemorySegment weight = constants(arena, random, columns);
        new ScalarKernels().operators(workers).rmsNorm(x.matrix(), groups, weight, 1e-6f, expected.matrix()).run(rows,
            0);
        tier.operators(workers).rmsNorm(x.matrix(), groups, weight, 1e-6f, found.matrix()).run(rows, 0);
        String what = tier.name() + ", " + rows + " rows of " + groups + " x " + columns;
        double bound = relativeBound(columns);
        Parity.assertWithin((r, c) -> bound * Math.abs(expected.at(r, c)) + Float.MIN_NORMAL, expected, found, rows,
            what);
        found.assertNothingWrittenBeside(rows, what);
        tier.operators(workers).rmsNorm(x.matrix(), groups, weight, 1e-6f, x.matrix()).run(rows, 0);
        Parity.assertSameBits(found, x, rows, what + " in place");
        x.assertNothingWrittenBeside(rows, what);
      }
    });
  }

  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#all")
  void rmsNormAddIsTheNormAndTheSum(Kernels tier) {
    eachSize((arena, random, workers, rows, columns, gap) -> {
      Operators operators = tier.operators(workers);
      Guarded x = rows(arena, random, rows, columns, gap);
      Guarded residual = Guarded.of(arena, random, rows, columns, columns + 3, Matrices.Fill.RANDOM);
      MemorySegment weight = constants(arena, random, columns);
      Guarded expected = new Guarded(arena, rows, columns, columns);
      operators.rmsNorm(x.matrix(), 1, weight, 1e-6f, expected.matrix()).run(rows, 0);
      operators.add(residual.matrix(), expected.matrix(), expected.matrix()).run(rows, 0);
      Guarded found = new Guarded(arena, rows, columns, columns + gap);
      operators.rmsNormAdd(x.matrix(), weight, 1e-6f, residual.matrix(), found.matrix()).run(rows, 0);
      String what = tier.name() + ", " + rows + " rows of " + columns;
      Parity.assertSameBits(expected, found, rows, what);
      found.assertNothingWrittenBeside(rows, what);
      operators.rmsNormAdd(x.matrix(), weight, 1e-6f, residual.matrix(), residual.matrix()).run(rows, 0);
      Parity.assertSameBits(expected, residual, rows, what + " in place");
      residual.assertNothingWrittenBeside(rows, what);
    });
  }

  /** Codes have a form of each tier's own, so they are compared by what a linear operator makes of them. */
  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#all")
  void rmsNormQuantizeIsTheNormAndItsCodes(Kernels tier) {
    eachSize((arena, random, workers, rows, columns, gap) -> {
      Operators operators = tier.operators(workers);
      Guarded x = rows(arena, random, rows, columns, gap);
      MemorySegment weight = constants(arena, random, columns);
      PackedWeights weights = tier.pack(Matrices.perChannel(arena, random, 17, columns, 8, Matrices.Fill.RANDOM));
      Guarded norm = new Guarded(arena, rows, columns, columns);
      Guarded both = new Guarded(arena, rows, columns, columns + gap);
      Codes apart = new Codes(arena.allocate(operators.codesBytes(rows, columns), 64), rows, columns);
      Codes together = new Codes(arena.allocate(operators.codesBytes(rows, columns), 64), rows, columns);
      Codes alone = new Codes(arena.allocate(operators.codesBytes(rows, columns), 64), rows, columns);
      operators.rmsNorm(x.matrix(), 1, weight, 1e-6f, norm.matrix()).run(rows, 0);
      operators.quantize(norm.matrix(), apart).run(rows, 0);
      operators.rmsNormQuantize(x.matrix(), weight, 1e-6f, both.matrix(), together).run(rows, 0);
      operators.rmsNormQuantize(x.matrix(), weight, 1e-6f, null, alone).run(rows, 0);
      String what = tier.name() + ", " + rows + " rows of " + columns;
      Parity.assertSameBits(norm, both, rows, what);
      both.assertNothingWrittenBeside(rows, what);
      Guarded expected = linear(arena, operators, apart, weights);
      Parity.assertSameBits(expected, linear(arena, operators, together, weights), rows, what + " with its floats");
      Parity.assertSameBits(expected, linear(arena, operators, alone, weights), rows, what + " without them");
    });
  }

  private static Guarded linear(Arena arena, Operators operators, Codes x, PackedWeights weights) {
    int outputs = weights.source().rows();
    Guarded y = new Guarded(arena, x.rows(), outputs, outputs);
    operators.linear(x, weights, null, new Epilogue.None(), y.matrix()).run(x.rows(), 0);
    return y;
  }

  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#faster")
  void layerNormIsWithinItsBound(Kernels tier) {
    eachSize((arena, random, workers, rows, columns, gap) -> {
      Guarded x = rows(arena, random, rows, columns, gap);
      MemorySegment weight = constants(arena, random, columns);
      MemorySegment bias = constants(arena, random, columns);
      Guarded expected = new Guarded(arena, rows, columns, columns + gap);
      Guarded found = new Guarded(arena, rows, columns, columns + gap);
      new ScalarKernels().operators(workers).layerNorm(x.matrix(), weight, bias, 1e-5f, expected.matrix()).run(rows, 0);
      tier.operators(workers).layerNorm(x.matrix(), weight, bias, 1e-5f, found.matrix()).run(rows, 0);
      String what = tier.name() + ", " + rows + " rows of " + columns;
      Parity.assertWithin(
          (r, c) -> layerNormBound(x, r, c, at(weight, c, 1), at(bias, c, 0)), expected, found, rows, what);
      found.assertNothingWrittenBeside(rows, what);
    });
  }

  private static double at(MemorySegment values, int index, double otherwise) {
    return values == null ? otherwise : values.getAtIndex(ValueLayout.JAVA_FLOAT, index);
  }

  /**
   * How far two ways to compute a layer norm may be apart. The mean is off by at most n + 2 roundings of the mean magnitude
   * on the tier's side, 2 on the specification's; that shifts each difference d, which is rounded too; the variance is off
   * by the shift's part in each square and n + 4 roundings; the factor lies between those of the variances at both ends.
   */
  private static double layerNormBound(Guarded x, int row, int column, double weight, double bias) {
    int n = x.matrix().columns();
    double mean = 0;
    double magnitude = 0;
    for (int c = 0; c < n; c++) {
      mean += x.at(row, c) / (double) n;
      magnitude += Math.abs(x.at(row, c)) / (double) n;
    }
    double shift = 1.01 * (n + 4) * U * magnitude;
    double variance = 0;
    double offVariance = 0;
    for (int c = 0; c < n; c++) {
      double d = Math.abs(x.at(row, c) - mean);
      double offD = shift + U * (d + shift);
      variance += d * d / n;
      offVariance += (2 * d + offD) * offD / n;
    }
    offVariance += 1.01 * (n + 4) * U * (variance + offVariance);
    double largest = (1 + 5 * U) / Math.sqrt(Math.max(0, variance - offVariance) + 1e-5);
    double smallest = (1 - 5 * U) / Math.sqrt(variance + offVariance + 1e-5);
    double d = Math.abs(x.at(row, column) - mean);
    double offD = 2 * (shift + U * (d + shift));
    double y = Math.abs(weight) * (d + offD) * largest;
    return Math.abs(weight) * (offD * largest + d * (largest - smallest)) + 6 * U * y + 2 * U * Math.abs(bias)
        + Float.MIN_NORMAL;
  }
}
