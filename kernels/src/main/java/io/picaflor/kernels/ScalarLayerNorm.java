package io.picaflor.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;

/**
 * {@link Operators#layerNorm} of the tier {@code scalar}.
 *
 * <p>For a row of n columns, one rounding to float32 for each line:
 *
 * <pre>
 * mean      = sum(x) / n               the sum in double, so that its order does not matter
 * d[c]      = x[c] - mean
 * square[c] = d[c] * d[c]
 * variance  = sum(square) / n          the sum in double
 * factor    = 1 / sqrt(variance + epsilon)
 * y[c]      = d[c] * factor
 * y[c]      = y[c] * weight[c]
 * y[c]      = y[c] + bias[c]
 * </pre>
 */
final class ScalarLayerNorm extends ScalarOperator {
  private final Matrix x;
  private final MemorySegment weight;
  private final MemorySegment bias;
  private final float epsilon;
  private final Matrix y;

  ScalarLayerNorm(Workers workers, Matrix x, MemorySegment weight, MemorySegment bias, float epsilon, Matrix y) {
    super(workers);
    this.x = x;
    this.weight = weight;
    this.bias = bias;
    this.epsilon = epsilon;
    this.y = y;
  }

  @Override
  int begin(int rows, int position) {
    return rows;
  }

  @Override
  void compute(int row, int share) {
    long from = x.index(row);
    int size = x.columns();
    double sum = 0;
    for (int c = 0; c < size; c++) {
      sum += x.memory().getAtIndex(JAVA_FLOAT, from + c);
    }
    float mean = (float) (sum / size);
    double squares = 0;
    for (int c = 0; c < size; c++) {
      float difference = x.memory().getAtIndex(JAVA_FLOAT, from + c) - mean;
      squares += difference * difference;
    }
    float variance = (float) (squares / size);
    float factor = (float) (1 / Math.sqrt(variance + epsilon));
    for (int c = 0; c < size; c++) {
      float value = (x.memory().getAtIndex(JAVA_FLOAT, from + c) - mean) * factor;
      if (weight != null) {
        value *= weight.getAtIndex(ScalarOperators.CONSTANT, c);
      }
      if (bias != null) {
        value += bias.getAtIndex(ScalarOperators.CONSTANT, c);
      }
      y.memory().setAtIndex(JAVA_FLOAT, y.index(row) + c, value);
    }
  }
}
