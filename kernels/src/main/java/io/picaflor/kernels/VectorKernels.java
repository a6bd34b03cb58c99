package io.picaflor.kernels;

import java.lang.foreign.MemorySegment;

/**
 * The tier {@code vector}: {@code jdk.incubator.vector} at the width that this CPU prefers. Bit-equal to {@code
 * scalar}.
 */
final class VectorKernels implements Kernels {
  /** More rows run in strips, which bounds the scratch memory. */
  private static final int STRIP_ROWS = 1024;

  /** For weights that {@link VectorLayout} has no form for. */
  private final Kernels scalar = new ScalarKernels();

  @Override
  public String name() {
    return "vector";
  }

  @Override
  public String description() {
    return "vector, " + Lanes.FLOATS.vectorBitSize() + " bit";
  }

  @Override
  public WeightLayout layout(PackedSource source) {
    return VectorLayout.fits(source) ? VectorLayout.of(source) : scalar.layout(source);
  }

  @Override
  public PackedWeights bind(PackedSource source, MemorySegment packed) {
    return VectorLayout.fits(source) ? VectorWeights.of(source, packed) : scalar.bind(source, packed);
  }

  @Override
  public Operators operators(Workers workers) {
    return new CheckedOperators(new VectorOperators(workers));
  }

  @Override
  public int argMax(MemorySegment values, int count) {
    Operands.checkSelection(values, count, 1, 1, 1);
    return VectorSelection.argMax(values, count);
  }

  @Override
  public boolean hasNaN(MemorySegment values, int count) {
    Operands.checkSelection(values, count, 1, 1, 1);
    return VectorSelection.hasNaN(values, count);
  }

  @Override
  public void topK(MemorySegment values, int count, int k, int[] indices, float[] largest) {
    Operands.checkSelection(values, count, k, indices.length, largest.length);
    VectorSelection.topK(values, count, k, indices, largest);
  }

  @Override
  public void fullyConnected(
      MemorySegment x, int rows, PackedWeights weights, MemorySegment bias, MemorySegment y, Workers workers) {
    if (!VectorLayout.fits(weights.source())) {
      scalar.fullyConnected(x, rows, weights, bias, y, workers);
      return;
    }
    VectorWeights packed = VectorWeights.of(weights);
    Operands.checkFullyConnected(x, rows, packed.rows(), packed.columns(), bias, y);
    long inputBytes = 4L * packed.columns();
    long outputBytes = 4L * packed.rows();
    for (int m = 0; m < rows; m += STRIP_ROWS) {
      int strip = Math.min(STRIP_ROWS, rows - m);
      Matrix input = Matrix.dense(x.asSlice(m * inputBytes, strip * inputBytes), strip, packed.columns());
      Matrix result = Matrix.dense(y.asSlice(m * outputBytes, strip * outputBytes), strip, packed.rows());
      fullyConnected(input, packed, bias, new VectorOutput(result, null), workers);
    }
  }

  private static void fullyConnected(
      Matrix x, VectorWeights weights, MemorySegment bias, VectorOutput y, Workers workers) {
    if (!weights.source().quantized()) {
      VectorFloats.linear(workers, x, weights, bias, y).run(x.rows(), 0);
      return;
    }
    MemorySegment memory = VectorScratch.ofThread().codes(VectorCodes.bytes(x.rows(), x.columns()));
    Codes codes = new Codes(memory, x.rows(), x.columns());
    for (int m = 0; m < x.rows(); m++) {
      VectorCodes.quantizeRow(x.memory(), 4 * x.index(m), codes, m);
    }
    new VectorLinear(workers, codes, weights, bias, null, y).run(x.rows(), 0);
  }

  @Override
  public void matrixProduct(
      MemorySegment a, MemorySegment b, boolean transposed, int rows, int inner, int columns, MemorySegment c,
      Workers workers) {
    Operands.checkMatrixProduct(a, b, rows, inner, columns, c);
    for (int m = 0; m < rows; m += STRIP_ROWS) {
      int strip = Math.min(STRIP_ROWS, rows - m);
      Matrix left = Matrix.dense(a.asSlice(4L * m * inner, 4L * strip * inner), strip, inner);
      Matrix product = Matrix.dense(c.asSlice(4L * m * columns, 4L * strip * columns), strip, columns);
      VectorFloats.product(workers, left, b, transposed, product).run(strip, 0);
    }
  }
}
