package io.picaflor.kernels;

import static io.picaflor.codegen.VectorProgram.constant;

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
}
