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
  RELU
}
