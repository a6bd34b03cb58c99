package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.FLOATS;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * {@link Activation} of arrays, whole vectors at a time, within a few units in the last place of the definition.
 *
 * <p>{@code exp(z) = 2^n * p(r)} with {@code n = rint(z / ln 2)} and the polynomial of Cephes' {@code expf}; GELU by tanh and
 * SILU are {@code x / (1 + exp(z))}, without the cancellation of {@code 1 + tanh}. GELU by erf is computed number by number.
 */
final class VectorActivation {
  /** Added to a small float it leaves the nearest integer in the lowest bits. */
  private static final float ROUNDER = 12_582_912f;

  private static final float LOG2_E = 1.44269504f;

  /** ln 2 in two parts, the first of few bits, so that its product with n is exact. */
  private static final float LN_2_HIGH = 0.693359375f;

  private static final float LN_2_LOW = -2.12194440e-4f;

  /** Below this exp is less than the smallest normal number. */
  private static final float LOWEST = -87.3f;

  /** Above this exp is infinite, and so is what 2^n becomes here. */
  private static final float HIGHEST = 88.8f;

  /** Where tanh is 1 in the definition's double precision, so that its GELU is 0. */
  private static final float VANISHED = 38.1f;

  /** Beyond this the sigmoid is 0 or 1. */
  private static final float FAR = 200f;

  private static final int ONE = Float.floatToRawIntBits(1f);

  private VectorActivation() {}

  /**
   * {@code values = activation(values)}.
   *
   * @param count of values from {@code at} on; rounded up to whole vectors, for which there must be room
   */
  static void apply(Activation activation, float[] values, int at, int count) {
    switch (activation) {
      case GELU_TANH -> sigmoid(values, at, count, -1.5957691216f, -0.0713548162f, VANISHED);
      case SILU -> sigmoid(values, at, count, -1f, 0f, HIGHEST);
      case RELU -> relu(values, at, count);
      case GELU -> {
        for (int i = at; i < at + count; i++) {
          values[i] = activation.of(values[i]);
        }
      }
    }
  }

  /** {@code gates = activation(gates) * ups}, in one array. */
  static void gate(Activation activation, float[] values, int gates, int ups, int count) {
    apply(activation, values, gates, count);
    for (int i = 0; i < count; i += Lanes.COUNT) {
      FloatVector.fromArray(FLOATS, values, gates + i)
          .mul(FloatVector.fromArray(FLOATS, values, ups + i))
          .intoArray(values, gates + i);
    }
  }

  private static void relu(float[] values, int at, int count) {
    for (int i = at; i < at + count; i += Lanes.COUNT) {
      FloatVector.fromArray(FLOATS, values, i).max(0f).intoArray(values, i);
    }
  }

  /** {@code x / (1 + exp(z))} with {@code z = x * (linear + cubic * x^2)}, but 0 where z is above {@code vanished}. */
  private static void sigmoid(float[] values, int at, int count, float linear, float cubic, float vanished) {
    for (int i = at; i < at + count; i += Lanes.COUNT) {
      FloatVector x = FloatVector.fromArray(FLOATS, values, i);
      FloatVector near = x.max(-FAR).min(FAR);
      FloatVector z = near.mul(near).mul(cubic).add(linear).mul(near).max(LOWEST);
      z = z.blend(HIGHEST, z.compare(GT, vanished));
      FloatVector shifted = z.mul(LOG2_E).add(ROUNDER);
      FloatVector n = shifted.sub(ROUNDER);
      IntVector power = shifted.reinterpretAsInts().lanewise(LSHL, 23).add(ONE);
      FloatVector r = z.sub(n.mul(LN_2_HIGH)).sub(n.mul(LN_2_LOW));
      FloatVector p = r.mul(1.9875691500e-4f).add(1.3981999507e-3f);
      p = p.mul(r).add(8.3334519073e-3f);
      p = p.mul(r).add(4.1665795894e-2f);
      p = p.mul(r).add(1.6666665459e-1f);
      p = p.mul(r).add(5.0000001201e-1f);
      FloatVector exp = p.mul(r).mul(r).add(r).add(1f).mul(power.reinterpretAsFloats());
      x.div(exp.add(1f)).intoArray(values, i);
    }
  }

  /** {@code cap * tanh(x / cap)}: near 0 a polynomial (Cephes' {@code tanhf}), beyond it {@code 1 - 2 / (exp(2 z) + 1)}. */
  static void softCap(float cap, float[] values, int at, int count) {
    for (int i = at; i < at + count; i += Lanes.COUNT) {
      FloatVector y = FloatVector.fromArray(FLOATS, values, i).div(cap);
      FloatVector z = y.abs().mul(2f).max(LOWEST).min(HIGHEST);
      FloatVector shifted = z.mul(LOG2_E).add(ROUNDER);
      FloatVector n = shifted.sub(ROUNDER);
      IntVector power = shifted.reinterpretAsInts().lanewise(LSHL, 23).add(ONE);
      FloatVector r = z.sub(n.mul(LN_2_HIGH)).sub(n.mul(LN_2_LOW));
      FloatVector p = r.mul(1.9875691500e-4f).add(1.3981999507e-3f);
      p = p.mul(r).add(8.3334519073e-3f);
      p = p.mul(r).add(4.1665795894e-2f);
      p = p.mul(r).add(1.6666665459e-1f);
      p = p.mul(r).add(5.0000001201e-1f);
      FloatVector exp = p.mul(r).mul(r).add(r).add(1f).mul(power.reinterpretAsFloats());
      FloatVector far = FloatVector.broadcast(FLOATS, -2f).div(exp.add(1f)).add(1f);
      FloatVector square = y.mul(y);
      FloatVector q = square.mul(-5.70498872745e-3f).add(2.06390887954e-2f);
      q = q.mul(square).add(-5.37397155531e-2f);
      q = q.mul(square).add(1.33314422036e-1f);
      q = q.mul(square).add(-3.33332819422e-1f);
      FloatVector near = q.mul(square).mul(y).add(y);
      var negative = y.lt(0f);
      FloatVector signed = far.blend(far.neg(), negative);
      signed.blend(near, y.abs().lt(0.625f)).mul(cap).intoArray(values, i);
    }
  }
}
