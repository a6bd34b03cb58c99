package io.picaflor.plan;

import io.picaflor.kernels.Matrix;
import io.picaflor.kernels.Operator;

import java.lang.foreign.MemorySegment;

/**
 * Puts each token's row behind a running state, and lets the state run on by it, token after token: so the result is the same
 * for any number of rows at once.
 */
final class WindowStep implements Operator {
  private final MemorySegment state;
  private final Matrix x;
  private final Matrix y;
  private final int outer;
  private final long rowBytes;
  private final long stateBytes;

  /**
   * Binds a window.
   *
   * @param form of kind {@link Kind.Window}, of floats
   * @param state what is kept from token to token, as the graph has it; overwritten
   * @param x each token's row
   * @param y each token's window
   */
  WindowStep(Form form, MemorySegment state, Matrix x, Matrix y) {
    this.state = state;
    this.x = x;
    this.y = y;
    int dimension = ((Kind.Window) form.kind()).dimension();
    this.outer = form.shape().subList(0, dimension).stream().reduce(1, Math::multiplyExact);
    this.rowBytes = 4L * form.input(1).elements() / outer;
    this.stateBytes = rowBytes * form.input(0).shape().get(dimension);
  }

  @Override
  public void run(int rows, int position) {
    long windowBytes = stateBytes + rowBytes;
    for (int row = 0; row < rows; row++) {
      long from = 4 * x.index(row);
      long to = 4 * y.index(row);
      for (int i = 0; i < outer; i++) {
        MemorySegment.copy(state, i * stateBytes, y.memory(), to + i * windowBytes, stateBytes);
        MemorySegment.copy(x.memory(), from + i * rowBytes, y.memory(), to + i * windowBytes + stateBytes, rowBytes);
        MemorySegment.copy(y.memory(), to + i * windowBytes + rowBytes, state, i * stateBytes, stateBytes);
      }
    }
  }
}
