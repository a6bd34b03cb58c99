package io.picaflor.codegen;

import static io.picaflor.codegen.VectorProgram.constant;

import io.picaflor.codegen.VectorProgram.Body;
import io.picaflor.codegen.VectorProgram.Value;

/**
 * Functions that are made of several operations of a {@link VectorProgram}. NaN stays NaN in all of them.
 *
 * <p>Source of the exponential: range reduction by {@code ln 2} in two parts and a polynomial of degree 7, as in the Cephes
 * library (S. L. Moshier, {@code expf}, {@code tanhf}).
 */
public final class VectorFunctions {
  /** The smallest power whose result is a normal number. */
  private static final float LOWEST = -87f;

  private static final float HIGHEST = 88f;

  private VectorFunctions() {}

  /** {@code e^x}, relative error below 2e-7; x is taken to be at least -87 and at most 88. */
  public static Value exp(Body body, Value x) {
    // constant first: min and max then give x where it is NaN
    Value clamped = body.min(constant(HIGHEST), body.max(constant(LOWEST), x));
    Value n = body.rint(body.mul(clamped, constant(1.44269504f)));
    Value r = body.fma(n, constant(-0.693359375f), clamped);
    r = body.fma(n, constant(2.12194440e-4f), r);
    Value p = body.fma(r, constant(1.9875691500e-4f), constant(1.3981999507e-3f));
    for (float coefficient : new float[] {8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f}) {
      p = body.fma(p, r, constant(coefficient));
    }
    p = body.fma(body.mul(r, r), p, r);
    return body.scale(body.add(p, constant(1f)), n);
  }

  /** {@code 1 / (1 + e^-x)}. */
  public static Value sigmoid(Body body, Value x) {
    return body.div(constant(1f), body.add(exp(body, body.sub(constant(0f), x)), constant(1f)));
  }

  /** {@code x / (1 + e^-x)}. */
  public static Value silu(Body body, Value x) {
    // the result has no float32 below, and minus infinity must not pass for a number
    return body.mul(x, body.select(constant(-110f), x, constant(0f), sigmoid(body, x)));
  }

  /** {@code x / 2 * (1 + tanh(u)) = x * sigmoid(2 * u)} with {@code u = sqrt(2 / pi) * (x + 0.044715 * x^3)}. */
  public static Value geluTanh(Body body, Value x) {
    Value square = body.mul(x, x);
    Value inner = body.fma(square, constant(0.044715f * 1.5957691216f), constant(1.5957691216f));
    // 1 + tanh is 0 below, to the last place of a double
    Value gate = body.select(constant(-7.2f), x, constant(0f), sigmoid(body, body.mul(x, inner)));
    return body.mul(x, gate);
  }

  /**
   * {@code x / 2 * (1 + erf(x / sqrt(2)))}. The error function is {@code x * P(x^2) / Q(x^2)}, fitted by Remez' exchange to a relative
   * error of 2.2e-8 up to 5.6; from there on it is 1 to the last place.
   */
  public static Value gelu(Body body, Value x) {
    Value square = body.mul(x, x);
    Value p = polynomial(body, square, 4.45945771923e-8f, 1.25796158148e-5f, 3.37864065143e-4f, 9.35473523506e-3f,
        6.78585789767e-2f, 0.797884543702f);
    Value q = polynomial(body, square, 1.1796555419e-6f, 7.33451430317e-5f, 1.88550771723e-3f, 2.86777087264e-2f,
        0.251714442923f, 1f);
    Value erf = body.mul(x, body.div(p, q));
    erf = body.select(x, constant(5.6f), constant(1f), body.select(constant(-5.6f), x, constant(-1f), erf));
    // the larger one of 0 and it, with the constant first, so that NaN stays
    Value factor = body.max(constant(0f), body.fma(erf, constant(0.5f), constant(0.5f)));
    return body.mul(x, factor);
  }

  /** The coefficients come with the highest first. */
  private static Value polynomial(Body body, Value x, float... coefficients) {
    Value sum = body.fma(x, constant(coefficients[0]), constant(coefficients[1]));
    for (int i = 2; i < coefficients.length; i++) {
      sum = body.fma(sum, x, constant(coefficients[i]));
    }
    return sum;
  }

  /** {@code tanh(x)}, within 4 units of the last place: a polynomial up to 0.625, then {@code 1 - 2 / (e^2|x| + 1)}. */
  public static Value tanh(Body body, Value x) {
    Value magnitude = body.max(x, body.sub(constant(0f), x));
    Value square = body.mul(x, x);
    Value p = body.fma(square, constant(-5.70498872745e-3f), constant(2.06390887954e-2f));
    for (float coefficient : new float[] {-5.37397155531e-2f, 1.33314422036e-1f, -3.33332819422e-1f}) {
      p = body.fma(p, square, constant(coefficient));
    }
    Value small = body.fma(body.mul(x, square), p, x);
    Value power = exp(body, body.add(magnitude, magnitude));
    Value large = body.sub(constant(1f), body.div(constant(2f), body.add(power, constant(1f))));
    Value signed = body.select(constant(0f), x, body.sub(constant(0f), large), large);
    return body.select(constant(0.625f), magnitude, small, signed);
  }
}
