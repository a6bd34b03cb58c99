package io.picaflor.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.MemorySegment;

/**
 * The tier {@code scalar}: what each product means, in plain Java, to the bit. Never fast, always right.
 *
 * <p>Letters: M rows of activations, N outputs, K inner columns; m, n, k count them.
 *
 * <p>Source: {@code ../reference/FORMATS.md}, 5.2 to 5.6, in the order of XNNPACK's kernels for x86 with AVX-512 VNNI.
 */
final class ScalarKernels implements Kernels {

  /** Nothing is packed: the file's own layout is read. */
  private record Unpacked(PackedSource source) implements PackedWeights {}

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public String description() {
    return "scalar, plain Java";
  }

  @Override
  public WeightLayout layout(PackedSource source) {
    return InPlace.LAYOUT;
  }

  @Override
  public PackedWeights bind(PackedSource source, MemorySegment packed) {
    return new Unpacked(source);
  }

  @Override
  public Operators operators(Workers workers) {
    return new CheckedOperators(new ScalarOperators(workers));
  }

  @Override
  public int argMax(MemorySegment values, int count) {
    Operands.checkSelection(values, count, 1, 1, 1);
    return ScalarSelection.argMax(values, count);
  }

  @Override
  public boolean hasNaN(MemorySegment values, int count) {
    Operands.checkSelection(values, count, 1, 1, 1);
    return ScalarSelection.hasNaN(values, 0, count);
  }

  @Override
  public void topK(MemorySegment values, int count, int k, int[] indices, float[] largest) {
    Operands.checkSelection(values, count, k, indices.length, largest.length);
    ScalarSelection.topK(values, count, k, indices, largest);
  }

  @Override
  public void fullyConnected(
      MemorySegment x, int rows, PackedWeights weights, MemorySegment bias, MemorySegment y, Workers workers) {
    if (!(weights instanceof Unpacked(PackedSource source)) || source.parts().size() != 1) {
      throw new IllegalArgumentException("weights: expected one matrix of tier scalar, found " + weights);
    }
    fullyConnected(x, rows, source.parts().getFirst(), bias, y, workers);
  }

  /** The same for a matrix as it is; a faster tier leaves its odd cases to it. */
  static void fullyConnected(
      MemorySegment x, int rows, WeightMatrix weights, MemorySegment bias, MemorySegment y, Workers workers) {
    Operands.checkFullyConnected(x, rows, weights.rows(), weights.columns(), bias, y);
    int outputs = weights.rows();
    int inner = weights.columns();
    ScalarOutput.QuantizedRows quantized = switch (weights) {
      case WeightMatrix.Float32 _,WeightMatrix.Float16 _ -> null;
      case WeightMatrix.PerChannel _,WeightMatrix.Int4Blocks _ -> ScalarOutput.QuantizedRows.of(x, rows, inner);
    };
    int shares = Math.min(workers.threads(), outputs);
    workers.run(shares, share -> {
      ScalarOutput output = quantized == null
          ? ScalarOutput.ofFloats(x, inner, weights, bias)
          : ScalarOutput.ofIntegers(quantized, weights, bias);
      int to = (int) ((long) outputs * (share + 1) / shares);
      for (int n = (int) ((long) outputs * share / shares); n < to; n++) {
        output.select(n);
        for (int m = 0; m < rows; m++) {
          y.setAtIndex(JAVA_FLOAT, (long) m * outputs + n, output.sum(m));
        }
      }
    });
  }

  /** {@code c = fma(a[k], b[k], ...)} over k in order, starting at 0. */
  @Override
  public void matrixProduct(
      MemorySegment a, MemorySegment b, boolean transposed, int rows, int inner, int columns, MemorySegment c,
      Workers workers) {
    Operands.checkMatrixProduct(a, b, rows, inner, columns, c);
    long columnStep = transposed ? inner : 1;
    long innerStep = transposed ? 1 : columns;
    workers.run(columns, n -> {
      for (int m = 0; m < rows; m++) {
        float sum = 0f;
        for (int k = 0; k < inner; k++) {
          float left = a.getAtIndex(JAVA_FLOAT, (long) m * inner + k);
          sum = Math.fma(left, b.getAtIndex(JAVA_FLOAT, n * columnStep + k * innerStep), sum);
        }
        c.setAtIndex(JAVA_FLOAT, (long) m * columns + n, sum);
      }
    });
  }
}
