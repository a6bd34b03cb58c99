package io.picaflor.kernels;

/**
 * An operation bound to its operands, made once by {@link Operators} and run for every step of a session.
 *
 * <p>Running allocates nothing. Thread rule: one call at a time.
 */
@FunctionalInterface
public interface Operator {
  /**
   * Computes the first rows of the results from the first rows of the operands.
   *
   * @param rows 1 to the rows of the smallest operand
   * @param position the absolute position of the first row in the context; the others follow it. Only operators on keys and
   *     values look at it.
   */
  void run(int rows, int position);
}
