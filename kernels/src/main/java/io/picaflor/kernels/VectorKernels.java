package io.picaflor.kernels;

import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The tier {@code vector}: {@code jdk.incubator.vector} at the width that this CPU prefers. Bit-equal to {@code
 * scalar}.
 */
final class VectorKernels implements Kernels {
  /** From so many rows on it pays to widen the weights to floats once and run all rows over them. */
  private static final int MANY_ROWS = 4;

  /** More rows run in strips, which bounds the scratch memory. */
  private static final int STRIP_ROWS = 1024;

  @Override
  public String name() {
    return "vector";
  }

  @Override
  public String description() {
    return "vector, " + Lanes.FLOATS.vectorBitSize() + " bit";
  }

  /** Weights in place, part by part. */
  private record Parts(PackedSource source, List<VectorWeights> parts) implements PackedWeights {}

  @Override
  public WeightLayout layout(PackedSource source) {
    return InPlace.LAYOUT;
  }

  @Override
  public PackedWeights bind(PackedSource source, MemorySegment packed) {
    return new Parts(source, source.parts().stream().map(VectorWeights::of).toList());
  }

  @Override
  public Operators operators(Workers workers) {
    return new CheckedOperators(new VectorOperators(workers));
  }

  @Override
  public int argMax(MemorySegment values, int count) {
    Operands.checkSelection(values, count, 1, 1, 1);
    return ScalarSelection.argMax(values, count);
  }

  @Override
  public void topK(MemorySegment values, int count, int k, int[] indices, float[] largest) {
    Operands.checkSelection(values, count, k, indices.length, largest.length);
    ScalarSelection.topK(values, count, k, indices, largest);
  }

  @Override
  public void fullyConnected(
      MemorySegment x, int rows, PackedWeights weights, MemorySegment bias, MemorySegment y, Workers workers) {
    if (!(weights instanceof Parts(PackedSource _, List<VectorWeights> parts)) || parts.size() != 1) {
      throw new IllegalArgumentException("weights: expected one matrix of tier vector, found " + weights);
    }
    VectorWeights packed = parts.getFirst();
    Operands.checkFullyConnected(x, rows, packed.source(), bias, y);
    long inputBytes = 4L * packed.source().columns();
    long outputBytes = 4L * packed.source().rows();
    for (int m = 0; m < rows; m += STRIP_ROWS) {
      int strip = Math.min(STRIP_ROWS, rows - m);
      fullyConnectedStrip(
          x.asSlice(m * inputBytes, strip * inputBytes), strip, packed, bias,
          y.asSlice(m * outputBytes, strip * outputBytes), workers);
    }
  }

  private static void fullyConnectedStrip(
      MemorySegment x, int rows, VectorWeights packed, MemorySegment bias, MemorySegment y, Workers workers) {
    switch (packed) {
      case VectorWeights.Odd odd -> ScalarKernels.fullyConnected(x, rows, odd.source(), bias, y, workers);
      case VectorWeights.Blocks blocks when rows < MANY_ROWS -> VectorFewRows.blocks(x, rows, blocks, bias, y, workers);
      case VectorWeights.Blocks blocks -> VectorManyRows.blocks(x, rows, blocks, bias, y, workers);
      case VectorWeights.InPlace(WeightMatrix.PerChannel w) when rows < MANY_ROWS ->
          VectorFewRows.perChannel(x, rows, w, bias, y, workers);
      case VectorWeights.InPlace(WeightMatrix.PerChannel w) -> VectorManyRows.perChannel(x, rows, w, bias, y, workers);
      case VectorWeights.InPlace(WeightMatrix w) -> VectorManyRows.floats(x, rows, w, bias, y, workers);
    }
  }

  @Override
  public void matrixProduct(
      MemorySegment a, MemorySegment b, boolean transposed, int rows, int inner, int columns, MemorySegment c,
      Workers workers) {
    Operands.checkMatrixProduct(a, b, rows, inner, columns, c);
    for (int m = 0; m < rows; m += STRIP_ROWS) {
      int strip = Math.min(STRIP_ROWS, rows - m);
      MemorySegment left = a.asSlice(4L * m * inner, 4L * strip * inner);
      MemorySegment product = c.asSlice(4L * m * columns, 4L * strip * columns);
      VectorManyRows.matrixProduct(left, b, transposed, strip, inner, columns, product, workers);
    }
  }
}
