package io.picaflor.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

/** The operators of the tier {@code scalar} that compute each number from the numbers at its place in the operands. */
final class ScalarElementwise extends ScalarOperator {

  /** A function of two numbers. */
  @FunctionalInterface
  interface Function {
    float of(float a, float b);
  }

  private final Function function;
  private final Matrix a;
  private final Matrix b;
  private final Matrix y;

  /**
   * Makes an operator {@code y = function(a, b)}.
   *
   * @param b may be {@code a} where the function looks at one number only
   */
  ScalarElementwise(Workers workers, Function function, Matrix a, Matrix b, Matrix y) {
    super(workers);
    this.function = function;
    this.a = a;
    this.b = b;
    this.y = y;
  }

  @Override
  int begin(int rows, int position) {
    return rows;
  }

  @Override
  void compute(int row, int share) {
    for (int c = 0; c < y.columns(); c++) {
      float left = a.memory().getAtIndex(JAVA_FLOAT, a.index(row) + c);
      float right = b.memory().getAtIndex(JAVA_FLOAT, b.index(row) + c);
      y.memory().setAtIndex(JAVA_FLOAT, y.index(row) + c, function.of(left, right));
    }
  }
}
