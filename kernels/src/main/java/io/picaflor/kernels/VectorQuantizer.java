package io.picaflor.kernels;

/** {@link Operators#quantize} of the tier {@code vector}. */
final class VectorQuantizer extends VectorRows {
  private final Matrix x;
  private final Codes y;

  VectorQuantizer(Workers workers, Matrix x, Codes y) {
    super(workers, x.columns());
    this.x = x;
    this.y = y;
  }

  @Override
  void compute(int from, int to) {
    for (int m = from; m < to; m++) {
      VectorCodes.quantizeRow(x.memory(), 4 * x.index(m), y, m);
    }
  }
}
