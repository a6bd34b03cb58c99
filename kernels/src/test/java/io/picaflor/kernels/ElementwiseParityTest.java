package io.picaflor.kernels;

import static io.picaflor.kernels.Parity.U;

import java.lang.foreign.Arena;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Operators that compute each number by itself, of each tier against {@code scalar}. */
class ElementwiseParityTest {
  private static final int[] SIZES =
      {1, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 640, 2048};
  private static final int[] ROWS = {1, 2, 3, 5, 8, 33};
  private static final float[] SPECIAL = {
    0f, -0f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MIN_VALUE, -1e-40f, 1e-20f, 3e38f,
    -3e38f,
    88.5f, -88.5f, -87.4f, 103f, -104f, 9.1f, -9.1f, 20f, -20f, 1f, -1f, 0.5f, 5.5f, -5.5f, 1e5f, -1e5f
  };

  /** Makes an operator of {@code a} and {@code b}. */
  @FunctionalInterface
  private interface Making {
    Operator make(Operators operators, Matrix a, Matrix b, Matrix y);
  }

  /** How far a result may be off, by its operands. */
  @FunctionalInterface
  private interface Bound {
    double of(double a, double b, double y);
  }

  private static final Bound EXACT = (a, b, y) -> 0;

  private static void compare(Kernels tier, String name, Making making, Bound bound) {
    Random random = new Random(Tiers.SEED);
    try (Workers one = new Workers(1); Workers two = new Workers(2); Workers three = new Workers(3)) {
      Workers[] workers = {one, two, three};
      for (int columns : SIZES) {
        for (int rows : ROWS) {
          compare(tier, name, making, bound, random, workers[random.nextInt(3)], rows, columns);
        }
      }
    }
  }

  private static void compare(
      Kernels tier, String name, Making making, Bound bound, Random random, Workers workers, int rows, int columns) {
    try (Arena arena = Arena.ofShared()) {
      Guarded a = operand(arena, random, rows, columns);
      Guarded b = operand(arena, random, rows, columns);
      Guarded expected = new Guarded(arena, rows, columns, columns);
      Guarded found = new Guarded(arena, rows, columns, columns + random.nextInt(3) * 5);
      making.make(new ScalarKernels().operators(workers), a.matrix(), b.matrix(), expected.matrix()).run(rows, 0);
      making.make(tier.operators(workers), a.matrix(), b.matrix(), found.matrix()).run(rows, 0);
      String what = tier.name() + ", " + name + ", " + rows + " x " + columns;
      if (bound == EXACT) {
        Parity.assertSameBits(expected, found, rows, what);
      } else {
        Parity.assertWithin((r, c) -> bound.of(a.at(r, c), b.at(r, c), expected.at(r, c)), expected, found, rows, what);
      }
      found.assertNothingWrittenBeside(rows, what);
      Guarded left = a.copy(arena);
      making.make(tier.operators(workers), left.matrix(), b.matrix(), left.matrix()).run(rows, 0);
      Parity.assertSameBits(found, left, rows, what + ", into a");
      left.assertNothingWrittenBeside(rows, what + ", into a");
      Guarded right = b.copy(arena);
      making.make(tier.operators(workers), a.matrix(), right.matrix(), right.matrix()).run(rows, 0);
      Parity.assertSameBits(found, right, rows, what + ", into b");
      right.assertNothingWrittenBeside(rows, what + ", into b");
    }
  }

  /** Mostly numbers as they occur, some special ones. */
  private static Guarded operand(Arena arena, Random random, int rows, int columns) {
    Guarded operand = Guarded.of(arena, random, rows, columns, columns + random.nextInt(3) * 5, Matrices.Fill.RANDOM);
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        if (random.nextInt(4) == 0) {
          operand.set(r, c, SPECIAL[random.nextInt(SPECIAL.length)]);
        }
      }
    }
    return operand;
  }

  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#faster")
  void sumsAndProductsAreEqual(Kernels tier) {
    compare(tier, "add", Operators::add, EXACT);
    compare(tier, "multiply", Operators::multiply, EXACT);
    compare(tier, "scale", (operators, a, b, y) -> operators.scale(a, 1.7f, y), EXACT);
    compare(tier, "relu", (operators, a, b, y) -> operators.activation(Activation.RELU, a, y), EXACT);
    compare(tier, "gated relu", (operators, a, b, y) -> operators.gated(Activation.RELU, a, b, y), EXACT);
  }

  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#faster")
  void activationsAreWithinTheirBounds(Kernels tier) {
    for (Activation activation : Activation.values()) {
      Bound bound = (a, b, y) -> activationBound(activation, a, y);
      compare(tier, activation.name(), (operators, a, b, y) -> operators.activation(activation, a, y), bound);
    }
  }

  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#faster")
  void gatedActivationsAreWithinTheirBounds(Kernels tier) {
    for (Activation activation : Activation.values()) {
      Bound bound = (a, b, y) -> {
        double exact = activation.of((float) a);
        double off = activationBound(activation, a, exact);
        if (Double.isInfinite(b) && (Math.abs(exact) <= off || activation == Activation.SILU && a < -87)) {
          return Parity.ANYTHING; // what may be 0 is NaN or an infinity here
        }
        return Math.abs(b) * off + 2 * U * Math.abs(y) + Float.MIN_NORMAL;
      };
      compare(tier, "gated " + activation, (operators, a, b, y) -> operators.gated(activation, a, b, y), bound);
    }
  }

  /**
   * How far an activation may be from its definition, which is rounded once.
   *
   * <p>GELU: x / 2 * (1 + t). A tanh or erf with an error of 4 units of the last place ({@code FORMATS.md}, 5.8: LiteRT's has
   * 3.9) is off by 4 U, for it is below 1; its argument has 4 roundings, which the slope, z * tanh'(z) <= 0.45, makes 2 U;
   * 1 + t rounds once more by U. That is 7 U of x / 2; the product and the definition round by U of the result each, and so
   * does the factor. From |x| = 10 on tanh and erf are 1 to the last place, and a tier's must be, so x grows no error further.
   *
   * <p>SILU: a logistic function with 4 units of the last place is 8 U relative; product and definition 2 more. Where
   * exp(-x) overflows, the result may be flushed: it is below |x| * 2^-126 there.
   */
  static double activationBound(Activation activation, double x, double y) {
    return switch (activation) {
      case GELU, GELU_TANH -> 3.5 * U * Math.min(Math.abs(x), 10) + 3 * U * Math.abs(y) + Float.MIN_NORMAL;
      case SILU -> 10 * U * Math.abs(y) + Math.abs(x) * 0x1p-126 + Float.MIN_NORMAL;
      case RELU -> 0;
    };
  }

  /** A tanh of 4 units of the last place is 8 U relative; quotient and product, on both sides, are 4 more. */
  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#faster")
  void softCapsAreWithinTheirBounds(Kernels tier) {
    compare(tier, "cap 30", (operators, a, b, y) -> operators.softCap(a, 30f, y), (a, b, y) -> 12 * U * Math.abs(y)
        + 30 * Float.MIN_NORMAL);
    compare(tier, "cap 50", (operators, a, b, y) -> operators.softCap(a, 50f, y), (a, b, y) -> 12 * U * Math.abs(y)
        + 50 * Float.MIN_NORMAL);
  }

  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#faster")
  void rotaryEmbeddingsAreEqual(Kernels tier) {
    Random random = new Random(Tiers.SEED);
    try (Workers one = new Workers(1); Workers three = new Workers(3)) {
      for (int half : new int[] {1, 7, 8, 15, 16, 17, 31, 32, 33, 64, 65, 128}) {
        for (int heads : new int[] {1, 2, 3, 4, 9}) {
          for (int rows : ROWS) {
            rotary(tier, random, random.nextBoolean() ? one : three, half, heads, rows);
          }
        }
      }
    }
  }

  private static void rotary(Kernels tier, Random random, Workers workers, int half, int heads, int rows) {
    try (Arena arena = Arena.ofShared()) {
      int columns = 2 * half * heads;
      Guarded x = operand(arena, random, rows, columns);
      Guarded cos = operand(arena, random, rows, half);
      Guarded sin = operand(arena, random, rows, half);
      Guarded expected = new Guarded(arena, rows, columns, columns);
      Guarded found = new Guarded(arena, rows, columns, columns + random.nextInt(2) * 3);
      new ScalarKernels().operators(workers).rotary(x.matrix(), heads, cos.matrix(), sin.matrix(), expected.matrix())
          .run(rows, 0);
      tier.operators(workers).rotary(x.matrix(), heads, cos.matrix(), sin.matrix(), found.matrix()).run(rows, 0);
      String what = tier.name() + ", rotary, " + rows + " rows, " + heads + " heads of 2 x " + half;
      Parity.assertSameBits(expected, found, rows, what);
      found.assertNothingWrittenBeside(rows, what);
      tier.operators(workers).rotary(x.matrix(), heads, cos.matrix(), sin.matrix(), x.matrix()).run(rows, 0);
      Parity.assertSameBits(expected, x, rows, what + " in place");
      x.assertNothingWrittenBeside(rows, what);
    }
  }
}
