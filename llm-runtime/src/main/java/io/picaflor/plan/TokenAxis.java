package io.picaflor.plan;

/**
 * Where in a tensor the tokens of a call run: a part of one dimension, of size {@code before * tokens * after}.
 *
 * <p>Followed from the operands on, never recognised by size: 128 tokens may also be half a head.
 *
 * @param dimension of the tensor as the graph has it
 * @param before what stands before the tokens in that dimension, such as heads that were merged with them
 * @param after what stands behind them
 */
record TokenAxis(int dimension, int before, int after) {
  /** A dimension that is tokens and nothing else. */
  static TokenAxis of(int dimension) {
    return new TokenAxis(dimension, 1, 1);
  }

  /** Whether the dimension is tokens and nothing else. */
  boolean isPure() {
    return before == 1 && after == 1;
  }

  /** The size that the dimension has for one token. */
  int rest() {
    return before * after;
  }
}
