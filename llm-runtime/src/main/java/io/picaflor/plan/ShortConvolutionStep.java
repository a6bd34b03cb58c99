package io.picaflor.plan;

import io.picaflor.kernels.Matrix;
import io.picaflor.kernels.Operator;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** {@code y[c] = sum(window[c][k] * taps[c][k])} over the few k, products and sums rounded to float32, oldest row first. */
final class ShortConvolutionStep implements Operator {
  private final Matrix windows;
  private final float[] taps;
  private final int width;
  private final Matrix y;

  /**
   * Binds a convolution.
   *
   * @param windows each token's window, [channels, width]
   * @param taps of the same shape
   */
  ShortConvolutionStep(Matrix windows, float[] taps, int width, Matrix y) {
    this.windows = windows;
    this.taps = taps;
    this.width = width;
    this.y = y;
  }

  @Override
  public void run(int rows, int position) {
    MemorySegment source = windows.memory();
    for (int row = 0; row < rows; row++) {
      long from = windows.index(row);
      long to = y.index(row);
      for (int c = 0; c < taps.length / width; c++) {
        float sum = 0;
        for (int k = 0; k < width; k++) {
          int at = c * width + k;
          sum += source.getAtIndex(ValueLayout.JAVA_FLOAT, from + at) * taps[at];
        }
        y.memory().setAtIndex(ValueLayout.JAVA_FLOAT, to + c, sum);
      }
    }
  }
}
