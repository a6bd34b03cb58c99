package io.picaflor.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

/** {@link Operators#rotary} of the tier {@code scalar}: two products, each rounded, and their sum or difference, rounded. */
final class ScalarRotary extends ScalarOperator {
  private final Matrix x;
  private final int heads;
  private final Matrix cos;
  private final Matrix sin;
  private final Matrix y;

  ScalarRotary(Workers workers, Matrix x, int heads, Matrix cos, Matrix sin, Matrix y) {
    super(workers);
    this.x = x;
    this.heads = heads;
    this.cos = cos;
    this.sin = sin;
    this.y = y;
  }

  @Override
  int begin(int rows, int position) {
    return rows;
  }

  @Override
  void compute(int row, int share) {
    int half = cos.columns();
    for (int head = 0; head < heads; head++) {
      long from = x.index(row) + 2L * half * head;
      long to = y.index(row) + 2L * half * head;
      for (int c = 0; c < half; c++) {
        float a = x.memory().getAtIndex(JAVA_FLOAT, from + c);
        float b = x.memory().getAtIndex(JAVA_FLOAT, from + half + c);
        float cosine = cos.memory().getAtIndex(JAVA_FLOAT, cos.index(row) + c);
        float sine = sin.memory().getAtIndex(JAVA_FLOAT, sin.index(row) + c);
        y.memory().setAtIndex(JAVA_FLOAT, to + c, a * cosine - b * sine);
        y.memory().setAtIndex(JAVA_FLOAT, to + half + c, b * cosine + a * sine);
      }
    }
  }
}
