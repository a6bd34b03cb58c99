package io.picaflor.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Products of floats: a panel of outputs is written out, a slice of the inner dimension at a time, and all rows run over it
 * in tiles ({@link VectorTile}).
 *
 * <p>Each output is one chain over the inner dimension that starts at the bias, so tiles, slices and threads change no bit.
 */
final class VectorFloats implements Operator {
  private static final int WIDTH = VectorTile.WIDTH;
  private static final int ROWS = VectorTile.ROWS;

  /** Columns of a slice: the panel's part, 16 KiB, stays in the first-level cache. */
  private static final int SLICE = 64;

  /** Makes the panel's slice of columns {@code from} to {@code to}. */
  private interface PanelSource {
    void write(int output, int from, int to, VectorScratch scratch, float[] panel);
  }

  private final Workers workers;
  private final Matrix input;
  private final PanelSource source;
  private final int outputs;
  private final MemorySegment bias;
  private final VectorOutput output;
  private final Workers.Task task = this::computePanel;
  private int rows;
  private int paddedRows;
  private float[] x;

  private VectorFloats(
      Workers workers, Matrix input, PanelSource source, int outputs, MemorySegment bias, VectorOutput output) {
    this.workers = workers;
    this.input = input;
    this.source = source;
    this.outputs = outputs;
    this.bias = bias;
    this.output = output;
  }

  /** The linear operator for weights of float32 or float16. */
  static VectorFloats linear(
      Workers workers, Matrix x, VectorWeights weights, MemorySegment bias, VectorOutput output) {
    int bits = weights.layout().bits();
    PanelSource source = (first, from, to, _, panel) -> {
      long word = (long) from * bits / Integer.SIZE * VectorLayout.WORD_BYTES;
      int left = first / VectorLayout.PANEL;
      long right = left + 1 < weights.panels() ? weights.offset(left + 1) + word : -1;
      int words = Math.ceilDiv((to - from) * bits, Integer.SIZE);
      VectorPanel.write(weights, weights.offset(left) + word, right, words, panel, 0);
    };
    return new VectorFloats(workers, x, source, weights.rows(), bias, output);
  }

  /** {@code y = x * b}, or, if transposed, {@code y = x * b^T}. */
  static VectorFloats product(Workers workers, Matrix x, MemorySegment b, boolean transposed, Matrix y) {
    int inner = x.columns();
    int columns = y.columns();
    PanelSource source = transposed
        ? (first, from, to, scratch, panel) -> VectorPanel.writeRows(b, inner, first, columns, from, to, scratch, panel)
        : (first, from, to, _, panel) -> VectorPanel.writeColumns(b, columns, first, from, to, panel);
    return new VectorFloats(workers, x, source, columns, null, new VectorOutput(y, null));
  }

  @Override
  public void run(int rows, int position) {
    this.rows = rows;
    paddedRows = VectorManyRows.padded(rows);
    int inner = input.columns();
    x = VectorScratch.ofThread().activations((long) paddedRows * inner);
    for (int m = 0; m < rows; m++) {
      MemorySegment.copy(input.memory(), ValueLayout.JAVA_FLOAT, 4 * input.index(m), x, m * inner, inner);
    }
    Arrays.fill(x, rows * inner, paddedRows * inner, 0f);
    int panels = Math.ceilDiv(outputs, WIDTH);
    if (Shares.worthSplitting((long) outputs * rows * inner)) {
      workers.run(panels, task);
    } else {
      for (int i = 0; i < panels; i++) {
        computePanel(i);
      }
    }
  }

  private void computePanel(int index) {
    VectorScratch scratch = VectorScratch.ofThread();
    int first = index * WIDTH;
    int count = Math.min(WIDTH, outputs - first);
    int inner = input.columns();
    float[] sums = scratch.sums((long) paddedRows * WIDTH);
    start(first, count, sums, scratch.offsets(WIDTH));
    float[] panel = scratch.panel((long) SLICE * WIDTH);
    for (int from = 0; from < inner; from += SLICE) {
      int to = Math.min(from + SLICE, inner);
      source.write(first, from, to, scratch, panel);
      for (int m = 0; m < paddedRows;) {
        int at = m * inner + from;
        if (m + ROWS <= paddedRows) {
          VectorTile.addRows(panel, 0, to - from, x, at, inner, sums, m * WIDTH);
          m += ROWS;
        } else {
          VectorTile.addRow(panel, 0, to - from, x, at, sums, m * WIDTH);
          m++;
        }
      }
    }
    for (int m = 0; m < rows; m++) {
      output.put(m, first, count, sums, m * WIDTH);
    }
  }

  private void start(int first, int count, float[] sums, float[] biases) {
    if (bias == null) {
      Arrays.fill(sums, 0, paddedRows * WIDTH, 0f);
      return;
    }
    Arrays.fill(biases, 0, WIDTH, 0f);
    MemorySegment.copy(bias, ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * first, biases, 0, count);
    for (int m = 0; m < paddedRows; m++) {
      System.arraycopy(biases, 0, sums, m * WIDTH, WIDTH);
    }
  }
}
