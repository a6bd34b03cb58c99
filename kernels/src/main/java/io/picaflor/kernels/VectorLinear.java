package io.picaflor.kernels;

import java.lang.foreign.MemorySegment;

/**
 * The linear operator of the tier {@code vector} for integer weights: {@link VectorFewRows} or {@link VectorManyRows}, split
 * over the threads.
 *
 * <p>Few rows are bound by memory: each thread keeps one contiguous share of the panels, one forward stream. Many rows are
 * bound by arithmetic: panels are handed out one by one, so that a thread that is held up costs its panel and no more.
 */
final class VectorLinear implements Operator {
  /** From so many rows on it pays to widen the weights to floats once and run all rows over them. */
  private static final int MANY_ROWS = 4;

  private static final int PANEL = VectorLayout.PANEL;

  private final Workers workers;
  private final Codes codes;
  private final VectorWeights weights;
  private final Activation gate;
  private final VectorOutput output;
  private final int outputs;
  private final VectorFewRows few;
  private final VectorManyRows many;
  private final Workers.Task fewShare = this::computeFew;
  private final Workers.Task manyShare = this::computeMany;
  private int rows;
  private int shares;

  /**
   * Makes the operator.
   *
   * @param bias or {@code null}
   * @param gate what the first half of the outputs, gates, goes through before the second half is multiplied by it, or {@code
   *     null}; halves are whole panels
   */
  VectorLinear(
      Workers workers, Codes codes, VectorWeights weights, MemorySegment bias, Activation gate, VectorOutput output) {
    this.workers = workers;
    this.codes = codes;
    this.weights = weights;
    this.gate = gate;
    this.output = output;
    outputs = gate == null ? weights.rows() : weights.rows() / 2;
    few = new VectorFewRows(weights, bias, Math.min(codes.rows(), MANY_ROWS - 1));
    many = codes.rows() < MANY_ROWS ? null : new VectorManyRows(weights, bias, codes.rows());
  }

  @Override
  public void run(int rows, int position) {
    this.rows = rows;
    boolean split = Shares.worthSplitting((long) rows * weights.rows() * weights.columns());
    int panels = Math.ceilDiv(outputs, PANEL);
    if (rows < MANY_ROWS) {
      few.prepare(codes, rows);
      shares = split ? Math.min(workers.threads(), panels) : 1;
      run(shares, split, fewShare);
    } else {
      many.prepare(codes, rows);
      run(gate == null ? Math.ceilDiv(panels, 2) : panels, split, manyShare);
    }
  }

  private void run(int tasks, boolean split, Workers.Task task) {
    if (split) {
      workers.run(tasks, task);
      return;
    }
    for (int i = 0; i < tasks; i++) {
      task.run(i);
    }
  }

  private void computeFew(int share) {
    VectorScratch scratch = VectorScratch.ofThread();
    float[] results = scratch.results(2L * PANEL);
    int panels = Math.ceilDiv(outputs, PANEL);
    int to = (int) ((long) panels * (share + 1) / shares);
    for (int panel = (int) ((long) panels * share / shares); panel < to; panel++) {
      int first = panel * PANEL;
      int count = Math.min(PANEL, outputs - first);
      for (int m = 0; m < rows; m++) {
        few.compute(panel, m, scratch, results, 0);
        if (gate != null) {
          few.compute(panel + panels, m, scratch, results, PANEL);
          VectorActivation.gate(gate, results, 0, PANEL, PANEL);
        }
        output.put(m, first, count, results, 0);
      }
    }
  }

  private void computeMany(int pair) {
    VectorScratch scratch = VectorScratch.ofThread();
    if (gate != null) {
      float[] results = many.compute(pair, pair + outputs / PANEL, scratch);
      for (int m = 0; m < rows; m++) {
        VectorActivation.gate(gate, results, m * VectorTile.WIDTH, m * VectorTile.WIDTH + PANEL, PANEL);
        output.put(m, pair * PANEL, PANEL, results, m * VectorTile.WIDTH);
      }
      return;
    }
    int first = 2 * pair * PANEL;
    float[] results = many.compute(2 * pair, first + PANEL < outputs ? 2 * pair + 1 : -1, scratch);
    int count = Math.min(VectorTile.WIDTH, outputs - first);
    for (int m = 0; m < rows; m++) {
      output.put(m, first, count, results, m * VectorTile.WIDTH);
    }
  }
}
