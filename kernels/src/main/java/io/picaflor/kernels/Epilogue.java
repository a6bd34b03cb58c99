package io.picaflor.kernels;

/** What a linear operator does with its sums before it stores them. */
public sealed interface Epilogue {
  /** {@code y = x * W^T + bias}. */
  record None() implements Epilogue {}

  /**
   * {@code y = residual + (x * W^T + bias)}.
   *
   * @param residual as many columns as the result; may be the same memory as the result
   */
  record Add(Matrix residual) implements Epilogue {}

  /**
   * {@code y = activation(x * W0^T + bias0) * (x * W1^T + bias1)}: the weights are a {@link PackedSource} of two parts with
   * as many rows each, gate first, and the result has the columns of one.
   */
  record Gated(Activation activation) implements Epilogue {}
}
