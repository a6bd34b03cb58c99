package io.picaflor.plan;

import io.picaflor.graph.Op;
import io.picaflor.kernels.Matrix;
import io.picaflor.kernels.Operator;

import java.lang.foreign.ValueLayout;

/** {@code cos(position * frequency)} or the sine of it, the product rounded to float32 as in the graph. */
final class AnglesStep implements Operator {
  private final boolean cosine;
  private final float[] frequencies;
  private final Matrix y;

  AnglesStep(Op.UnaryFunction function, float[] frequencies, Matrix y) {
    this.cosine = function == Op.UnaryFunction.COS;
    this.frequencies = frequencies;
    this.y = y;
  }

  @Override
  public void run(int rows, int position) {
    for (int row = 0; row < rows; row++) {
      long at = y.index(row);
      for (int i = 0; i < frequencies.length; i++) {
        float angle = (float) (position + row) * frequencies[i];
        double value = cosine ? Math.cos(angle) : Math.sin(angle);
        y.memory().setAtIndex(ValueLayout.JAVA_FLOAT, at + i, (float) value);
      }
    }
  }
}
