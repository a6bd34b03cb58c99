package io.picaflor.codegen;

import static io.picaflor.codegen.VectorProgram.constant;

import io.picaflor.codegen.VectorProgram.Body;
import io.picaflor.codegen.VectorProgram.Value;

/**
 * Functions that are made of several operations of a {@link VectorProgram}. NaN stays NaN in all of them.
 *
 * <p>Source of the exponential: range reduction by {@code ln 2} in two parts and a polynomial of degree 7, as in the Cephes
 * library (S. L. Moshier, {@code expf}).
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
    return body.mul(x, sigmoid(body, x));
  }

  /** {@code x / 2 * (1 + tanh(u)) = x * sigmoid(2 * u)} with {@code u = sqrt(2 / pi) * (x + 0.044715 * x^3)}. */
  public static Value geluTanh(Body body, Value x) {
    Value square = body.mul(x, x);
    Value inner = body.fma(square, constant(0.044715f * 1.5957691216f), constant(1.5957691216f));
    return body.mul(x, sigmoid(body, body.mul(x, inner)));
  }
}
