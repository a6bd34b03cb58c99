package io.picaflor.kernels;

/** {@link Operators#quantize} of the tier {@code scalar}: each row by {@link io.picaflor.quantization.DynamicQuantization}. */
final class ScalarQuantizer extends ScalarOperator {
  private final Matrix x;
  private final Codes y;

  ScalarQuantizer(Workers workers, Matrix x, Codes y) {
    super(workers);
    this.x = x;
    this.y = y;
  }

  @Override
  int begin(int rows, int position) {
    return rows;
  }

  @Override
  void compute(int row, int share) {
    ScalarCodes.quantizeRow(x.memory(), x.index(row), y, row);
  }
}
