package io.picaflor.kernels;

/** Functions of one number that models put between their matrix products. */
public enum Activation {
  /** {@code x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))}. */
  GELU_TANH,
  /** {@code x / 2 * (1 + erf(x / sqrt(2)))}. */
  GELU,
  /** {@code x / (1 + exp(-x))}. */
  SILU,
  /** {@code max(x, 0)}. */
  RELU;

  /**
   * The function's definition: in double, rounded once, which lies inside the spread of LiteRT's own kernels ({@code
   * ../reference/FORMATS.md}, 5.8).
   */
  public float of(float x) {
    return switch (this) {
      case GELU_TANH -> (float) (0.5 * x * (1 + Math.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))));
      case GELU -> (float) (0.5 * x * Erf.complement(-x * Math.sqrt(0.5)));
      case SILU -> (float) (x / (1 + Math.exp(-x)));
      case RELU -> Math.max(0, x);
    };
  }
}
