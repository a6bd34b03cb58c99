package io.picaflor.kernels;

import static io.picaflor.codegen.VectorProgram.constant;

import io.picaflor.codegen.VectorFunctions;
import io.picaflor.codegen.VectorProgram;
import io.picaflor.codegen.VectorProgram.Body;
import io.picaflor.codegen.VectorProgram.Builder;
import io.picaflor.codegen.VectorProgram.Value;

/** The vector kernels of the tier {@code jit}, as programs: what is computed, not how. */
final class JitPrograms {
  private static final Value ZERO = constant(0f);
  private static final Value ONE = constant(1f);

  private JitPrograms() {}

  /** Arguments: values, codes, parameters of {@link JitCodes}. */
  static VectorProgram quantize() {
    Builder program = VectorProgram.of(3);
    Range range = new Range(program);
    program.loop(b -> range.take(b, b.load(0)));
    return quantized(program, range, 0, 1, 2).build();
  }

  /** The numbers that decide how a row is quantized. */
  private record Range(Value smallest, Value largest, Value notFinite) {
    Range(Builder program) {
      this(program.slot(), program.slot(), program.slot());
    }

    /** {@code notFinite} becomes NaN if a value is NaN or infinite, else it stays 0. */
    void take(Body b, Value x) {
      b.smallest(smallest, x);
      b.largest(largest, x);
      b.sum(notFinite, b.mul(x, ZERO));
    }
  }

  /** The rule of {@link io.picaflor.quantization.DynamicQuantization}, operation by operation. */
  private static Builder quantized(Builder program, Range range, int from, int codes, int parameters) {
    Value multiplier = program.slot();
    Value zeroPoint = program.slot();
    Value low = program.slot();
    Value high = program.slot();
    program.once(b -> {
      Value min = b.min(ZERO, b.add(range.smallest, ZERO));
      Value max = b.max(ZERO, b.add(range.largest, ZERO));
      Value spread = b.sub(max, min);
      Value steps = b.select(spread, ZERO, b.div(constant(255f), spread), ONE);
      Value inverse = b.div(ONE, steps);
      // an overflown range has no scale, one too small to be scaled the scale 0
      Value scale = b.select(constant(Float.POSITIVE_INFINITY), inverse, inverse, constant(Float.NaN));
      b.storeNumber(parameters, JitCodes.SCALE / 4, b.add(scale, range.notFinite));
      Value usable = b.select(constant(Float.POSITIVE_INFINITY), steps, steps, ZERO);
      b.set(multiplier, usable);
      Value below = b.mul(min, usable);
      Value above = b.mul(max, usable);
      Value error = b.add(b.add(constant(-128f), below), b.add(constant(127f), above));
      Value zero = b.select(error, ZERO, b.sub(constant(-128f), below), b.sub(constant(127f), above));
      Value clamped = b.rint(b.min(b.max(zero, constant(-128f)), constant(127f)));
      b.set(low, b.sub(constant(-128f), clamped));
      b.set(high, b.sub(constant(127f), clamped));
      Value shifted = b.add(clamped, constant(128f));
      b.set(zeroPoint, shifted);
      b.storeNumber(parameters, JitCodes.ZERO_POINT / 4, shifted);
      b.storeWhole(parameters, JitCodes.NEGATIVE_ZERO_POINT / 4, b.sub(ZERO, shifted));
    });
    return program.loop(b -> {
      Value steps = b.min(b.max(b.mul(b.load(from), multiplier), low), high);
      b.storeCodes(codes, b.add(b.rint(steps), zeroPoint));
    });
  }

  /** Parameters of norms: the columns of a group and epsilon. */
  static final int COUNT = 0;

  static final int EPSILON = 1;

  /**
   * The part of a root mean square norm that all have: {@code factor = 1 / sqrt(sum(x^2) / n + epsilon)}, then
   * {@code x * factor}, then times the weight, each rounded.
   */
  private static final class RootMeanSquare {
    private final Value sum;
    private final Value factor;
    private final boolean weighted;

    RootMeanSquare(Builder program, boolean weighted) {
      sum = program.slot();
      factor = program.slot();
      this.weighted = weighted;
      program.loop(b -> {
        Value x = b.load(0);
        b.sum(sum, b.mul(x, x));
      });
      program.once(b -> b.set(factor, inverseRoot(b, sum)));
    }

    Value norm(Body b) {
      Value y = b.mul(b.load(0), factor);
      return weighted ? b.mul(y, b.load(1)) : y;
    }
  }

  private static Value inverseRoot(Body b, Value sum) {
    Value mean = b.div(sum, VectorProgram.parameter(COUNT));
    return b.div(ONE, b.sqrt(b.add(mean, VectorProgram.parameter(EPSILON))));
  }

  /** Arguments: values, weight, result. */
  static VectorProgram rmsNorm(boolean weighted) {
    Builder program = VectorProgram.of(3);
    RootMeanSquare norm = new RootMeanSquare(program, weighted);
    return program.loop(b -> b.store(2, norm.norm(b))).build();
  }

  /** Arguments: values, weight, result, residual. */
  static VectorProgram rmsNormAdd(boolean weighted) {
    Builder program = VectorProgram.of(4);
    RootMeanSquare norm = new RootMeanSquare(program, weighted);
    return program.loop(b -> b.store(2, b.add(b.load(3), norm.norm(b)))).build();
  }

  /** Arguments: values, weight, result, codes, parameters. */
  static VectorProgram rmsNormQuantize(boolean weighted) {
    Builder program = VectorProgram.of(5);
    RootMeanSquare norm = new RootMeanSquare(program, weighted);
    Range range = new Range(program);
    program.loop(b -> {
      Value y = norm.norm(b);
      b.store(2, y);
      range.take(b, y);
    });
    return quantized(program, range, 2, 3, 4).build();
  }

  /** Arguments: values, weight, bias, result. */
  static VectorProgram layerNorm(boolean weighted, boolean biased) {
    Builder program = VectorProgram.of(4);
    Value sum = program.slot();
    Value mean = program.slot();
    Value squares = program.slot();
    Value factor = program.slot();
    return program.loop(b -> b.sum(sum, b.load(0)))
        .once(b -> b.set(mean, b.div(sum, VectorProgram.parameter(COUNT))))
        .loop(b -> {
          Value difference = b.sub(b.load(0), mean);
          b.sum(squares, b.mul(difference, difference));
        }).once(b -> b.set(factor, inverseRoot(b, squares))).loop(b -> {
          Value y = b.mul(b.sub(b.load(0), mean), factor);
          y = weighted ? b.mul(y, b.load(1)) : y;
          b.store(3, biased ? b.add(y, b.load(2)) : y);
        }).build();
  }

  /** Arguments: first halves, second halves, cosines, sines, results of the first and of the second halves. */
  static VectorProgram rotary() {
    return VectorProgram.of(6).loop(b -> {
      Value first = b.load(0);
      Value second = b.load(1);
      Value cos = b.load(2);
      Value sin = b.load(3);
      b.store(4, b.sub(b.mul(first, cos), b.mul(second, sin)));
      b.store(5, b.add(b.mul(second, cos), b.mul(first, sin)));
    }).build();
  }

  private static Value apply(Body b, Activation activation, Value x) {
    return switch (activation) {
      case SILU -> VectorFunctions.silu(b, x);
      case GELU_TANH -> VectorFunctions.geluTanh(b, x);
      case GELU -> VectorFunctions.gelu(b, x);
      case RELU -> b.add(b.max(ZERO, x), ZERO); // + 0: the larger one of two zeros is 0
    };
  }

  /** Arguments: values, result. */
  static VectorProgram activation(Activation activation) {
    return VectorProgram.of(2).loop(b -> b.store(1, apply(b, activation, b.load(0)))).build();
  }

  /** Arguments: gate, up, result. */
  static VectorProgram gated(Activation activation) {
    return VectorProgram.of(3).loop(b -> b.store(2, b.mul(apply(b, activation, b.load(0)), b.load(1)))).build();
  }

  /** Arguments: two operands, result. */
  static VectorProgram add() {
    return VectorProgram.of(3).loop(b -> b.store(2, b.add(b.load(0), b.load(1)))).build();
  }

  /** Arguments: two operands, result. */
  static VectorProgram multiply() {
    return VectorProgram.of(3).loop(b -> b.store(2, b.mul(b.load(0), b.load(1)))).build();
  }

  /** Arguments: values, result. Parameter 0: the factor. */
  static VectorProgram scale() {
    return VectorProgram.of(2).loop(b -> b.store(1, b.mul(b.load(0), VectorProgram.parameter(0)))).build();
  }

  /** Arguments: values, result. Parameter 0: the cap. */
  static VectorProgram softCap() {
    Value cap = VectorProgram.parameter(0);
    return VectorProgram.of(2).loop(b -> b.store(1, b.mul(VectorFunctions.tanh(b, b.div(b.load(0), cap)), cap)))
        .build();
  }

  /** Parameters of {@link #weights}. */
  static final int SCORE_SCALE = 0;

  static final int SCORE_CAP = 1;

  /**
   * Attention's weights from products of queries and keys: the softmax of {@code cap * tanh(scale * x / cap) + mask} over the
   * elements that a row sees, 0 for the others.
   *
   * <p>Arguments: products, which become weights; the first and the last element that a row sees, as two numbers; the mask.
   */
  static VectorProgram weights(boolean capped, boolean masked) {
    Builder program = VectorProgram.of(masked ? 3 : 2);
    Value largest = program.slot();
    Value sum = program.slot();
    Value inverse = program.slot();
    Value hidden = constant(Float.NEGATIVE_INFINITY);
    return program.loop(b -> {
      Value score = b.mul(b.load(0), VectorProgram.parameter(SCORE_SCALE));
      if (capped) {
        Value cap = VectorProgram.parameter(SCORE_CAP);
        score = b.mul(VectorFunctions.tanh(b, b.div(score, cap)), cap);
      }
      if (masked) {
        score = b.add(score, b.load(2));
      }
      Value index = b.index();
      score = b.select(VectorProgram.number(1, 0), index, hidden, score);
      score = b.select(index, VectorProgram.number(1, 1), hidden, score);
      b.store(0, score);
      b.largest(largest, score);
    }).loop(b -> {
      Value difference = b.sub(b.load(0), largest);
      Value power = b.select(constant(-87f), difference, ZERO, VectorFunctions.exp(b, difference));
      b.store(0, power);
      b.sum(sum, power);
    }).once(b -> b.set(inverse, b.div(ONE, sum))).loop(b -> b.store(0, b.mul(b.load(0), inverse))).build();
  }

  /** Arguments: values; the largest one and the index of the first that equals it. NaN counts as minus infinity. */
  static VectorProgram argMax() {
    Builder program = VectorProgram.of(2);
    Value largest = program.slot();
    Value first = program.slot();
    return program.loop(b -> b.largest(largest, comparable(b, b.load(0))))
        .loop(b -> b.smallest(first,
            b.select(largest, comparable(b, b.load(0)), constant(Float.POSITIVE_INFINITY), b.index())))
        .once(b -> {
          b.storeNumber(1, 0, largest);
          b.storeNumber(1, 1, first);
        }).build();
  }

  /** Arguments: values, the largest one. NaN counts as minus infinity. */
  static VectorProgram largest() {
    Builder program = VectorProgram.of(2);
    Value largest = program.slot();
    return program.loop(b -> b.largest(largest, comparable(b, b.load(0)))).once(b -> b.storeNumber(1, 0, largest))
        .build();
  }

  /** Arguments: values; NaN if one of them is, else 0. */
  static VectorProgram hasNaN() {
    Builder program = VectorProgram.of(2);
    Value sum = program.slot();
    return program.loop(b -> {
      Value x = b.load(0);
      Value unlessNegative = b.select(ZERO, x, ZERO, constant(Float.NaN));
      b.sum(sum, b.select(x, constant(Float.NEGATIVE_INFINITY), ZERO, unlessNegative));
    }).once(b -> b.storeNumber(1, 0, sum)).build();
  }

  private static Value comparable(Body b, Value x) {
    Value lowest = constant(Float.NEGATIVE_INFINITY);
    return b.select(x, lowest, x, lowest);
  }

  /** Argument: rows that become 0. */
  static VectorProgram zero() {
    return VectorProgram.of(1).loop(b -> b.store(0, ZERO)).build();
  }
}
