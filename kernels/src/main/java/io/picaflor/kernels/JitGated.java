package io.picaflor.kernels;

import io.picaflor.codegen.VectorCall;
import java.lang.foreign.MemorySegment;

/**
 * The linear operator of gate and up with an activation between them: for a panel of gates the panel of ups beside it, then the
 * activation of both while they are in the cache. For numbers of outputs that are whole panels.
 */
final class JitGated implements Operator {
  private static final long COLUMNS = 4L * PanelForm.OUTPUTS;

  private final Workers workers;
  private final Workers.Range range = this::runPanels;
  private final JitLinear product;
  private final MemorySegment code;
  /** Its rows are panels, its groups rows. */
  private final VectorCall call = new VectorCall(PanelForm.OUTPUTS, 1);
  private final int panels;

  /**
   * Makes an operator.
   *
   * @param product of both parts, into {@code both}
   * @param code of the activation, see {@link JitPrograms#gated}
   * @param both gates and ups side by side
   */
  JitGated(Workers workers, JitLinear product, MemorySegment code, Matrix both, Matrix y) {
    this.workers = workers;
    this.product = product;
    this.code = code;
    panels = y.columns() / PanelForm.OUTPUTS;
    call.argument(0, both.memory(), COLUMNS, 4L * both.stride());
    call.argument(1, both.memory().asSlice(panels * COLUMNS), COLUMNS, 4L * both.stride());
    call.argument(2, y.memory(), COLUMNS, 4L * y.stride());
  }

  @Override
  public void run(int rows, int position) {
    product.begin(rows);
    call.groups(rows);
    if (product.worthSharing(rows)) {
      workers.share(panels, 1, range);
    } else {
      runPanels(0, panels);
    }
  }

  private void runPanels(int from, int to) {
    product.runPanels(from, to);
    product.runPanels(panels + from, panels + to);
    call.run(code, from, to - from);
  }
}
