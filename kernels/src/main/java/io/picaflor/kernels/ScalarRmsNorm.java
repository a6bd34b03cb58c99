package io.picaflor.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The root mean square norms of the tier {@code scalar}.
 *
 * <p>For a group of n columns, as the decomposition of {@code odml.rms_norm} computes it ({@code ../reference/FORMATS.md},
 * 2.8), one rounding to float32 for each line:
 *
 * <pre>
 * square[c] = x[c] * x[c]
 * mean      = sum(square) / n          the sum in double, so that its order does not matter
 * factor    = 1 / sqrt(mean + epsilon) mean + epsilon rounded, root and quotient in double
 * y[c]      = x[c] * factor
 * y[c]      = y[c] * weight[c]
 * y[c]      = residual[c] + y[c]       where there is one
 * </pre>
 */
final class ScalarRmsNorm extends ScalarOperator {
  private final Matrix x;
  private final int groups;
  private final MemorySegment weight;
  private final float epsilon;
  private final Matrix residual;
  private final Matrix y;
  private final Codes codes;
  private final Matrix[] rowScratch;

  /**
   * Makes a norm.
   *
   * @param residual or {@code null}
   * @param y or {@code null} where only the codes are wanted
   * @param codes or {@code null}
   */
  ScalarRmsNorm(
      Workers workers, Matrix x, int groups, MemorySegment weight, float epsilon, Matrix residual, Matrix y,
      Codes codes) {
    super(workers);
    this.x = x;
    this.groups = groups;
    this.weight = weight;
    this.epsilon = epsilon;
    this.residual = residual;
    this.y = y;
    this.codes = codes;
    rowScratch = new Matrix[y == null ? shareCount() : 0];
    for (int i = 0; i < rowScratch.length; i++) {
      rowScratch[i] = Matrix.dense(Arena.ofAuto().allocate(4L * x.columns(), 4), 1, x.columns());
    }
  }

  @Override
  int begin(int rows, int position) {
    return rows;
  }

  @Override
  void compute(int row, int share) {
    Matrix target = y == null ? rowScratch[share] : y;
    int targetRow = y == null ? 0 : row;
    int size = x.columns() / groups;
    for (int from = 0; from < x.columns(); from += size) {
      normGroup(row, from, size, target, target.index(targetRow));
    }
    if (codes != null) {
      ScalarCodes.quantizeRow(target.memory(), target.index(targetRow), codes, row);
    }
  }

  private void normGroup(int row, int from, int size, Matrix target, long to) {
    float factor = factor(x.memory(), x.index(row) + from, size, epsilon);
    for (int c = 0; c < size; c++) {
      float value = x.memory().getAtIndex(JAVA_FLOAT, x.index(row) + from + c) * factor;
      if (weight != null) {
        value *= weight.getAtIndex(ScalarOperators.CONSTANT, c);
      }
      if (residual != null) {
        value = residual.memory().getAtIndex(JAVA_FLOAT, residual.index(row) + from + c) + value;
      }
      target.memory().setAtIndex(JAVA_FLOAT, to + from + c, value);
    }
  }

  private static float factor(MemorySegment values, long index, int size, float epsilon) {
    double sum = 0;
    for (int c = 0; c < size; c++) {
      float value = values.getAtIndex(JAVA_FLOAT, index + c);
      sum += value * value;
    }
    float mean = (float) (sum / size);
    return (float) (1 / Math.sqrt(mean + epsilon));
  }
}
