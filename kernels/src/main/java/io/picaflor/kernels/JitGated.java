package io.picaflor.kernels;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.picaflor.codegen.VectorCall;
import java.lang.foreign.MemorySegment;

/**
 * The linear operator of gate and up with an activation between them: for some panels of gates the panels of ups beside them,
 * then the activation of both while they are in the cache. For numbers of outputs that are whole panels.
 */
final class JitGated implements Operator {
  private static final long PANEL_BYTES = 4L * PanelForm.OUTPUTS;
  /** Bytes of gates and ups that a thread has at a time, if there are not more rows: a part of the second-level cache. */
  private static final long AT_ONCE = 64 << 10;

  private final Workers workers;
  private final Workers.Range range = this::runPanels;
  private final JitLinear product;
  private final MemorySegment code;
  private final int panels;
  private final Spares<Part> parts;

  private int rows;
  private int panelsAtOnce;

  /** What a thread computes with. */
  private static final class Part {
    private final MemorySegment product;
    private final MemorySegment both;
    private final VectorCall activation = new VectorCall(PanelForm.OUTPUTS, 1);

    Part(MemorySegment product, MemorySegment both, Matrix y) {
      this.product = product;
      this.both = both;
      activation.argument(2, y.memory(), 4L * y.stride(), 0);
    }

    /** Sets how gates and ups lie: rows of so many panels of each. */
    void begin(int panels) {
      long half = panels * PANEL_BYTES;
      product.set(JAVA_LONG, LinearCall.RESULT_STRIDE, 2 * half);
      activation.argument(0, both, 2 * half, 0);
      activation.argument(1, both, 2 * half, 0);
      activation.offset(1, half);
    }

    /** Sets where the result of the next panels goes: {@code at} bytes behind the scratch. */
    long productTo(int panel, long at) {
      product.set(JAVA_LONG, LinearCall.RESULT, both.address() + at - panel * PANEL_BYTES);
      return product.address();
    }
  }

  /**
   * Makes an operator.
   *
   * @param product of both parts side by side; where its own results would go does not matter
   * @param code of the activation, see {@link JitPrograms#gated}
   */
  JitGated(Workers workers, JitLinear product, MemorySegment code, JitScratch scratch, Matrix y) {
    this.workers = workers;
    this.product = product;
    this.code = code;
    panels = y.columns() / PanelForm.OUTPUTS;
    long bytes = Math.max(AT_ONCE, 2 * PANEL_BYTES * y.rows());
    MemorySegment all = scratch.of(bytes * workers.threads());
    parts = new Spares<>(workers, i -> new Part(product.copyOfCall(), all.asSlice(i * bytes, bytes), y));
  }

  @Override
  public void run(int rows, int position) {
    this.rows = rows;
    product.begin(rows);
    panelsAtOnce = Math.clamp(AT_ONCE / (2 * PANEL_BYTES * rows), 1, panels);
    if (product.worthSharing(rows)) {
      workers.share(panels, 1, range);
    } else {
      runPanels(0, panels);
    }
  }

  private void runPanels(int from, int to) {
    Part part = parts.take();
    try {
      for (int panel = from; panel < to; panel += panelsAtOnce) {
        runAtOnce(part, panel, Math.min(panelsAtOnce, to - panel));
      }
    } finally {
      parts.giveBack(part);
    }
  }

  private void runAtOnce(Part part, int panel, int count) {
    part.begin(count);
    product.runPanels(part.productTo(panel, 0), panel, panel + count);
    int up = panels + panel;
    product.runPanels(part.productTo(up, count * PANEL_BYTES), up, up + count);
    part.activation.elements(count * PanelForm.OUTPUTS);
    part.activation.offset(2, panel * PANEL_BYTES);
    part.activation.run(code, 0, rows);
  }
}
