package io.picaflor.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.picaflor.quantization.BFloat16;
import io.picaflor.quantization.DynamicQuantization;
import io.picaflor.quantization.PackedIntegers;
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
    throw new UnsupportedOperationException("operators of tier scalar");
  }

  @Override
  public int argMax(MemorySegment values, int count) {
    throw new UnsupportedOperationException("argMax of tier scalar");
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
    Operands.checkFullyConnected(x, rows, weights, bias, y);
    switch (weights) {
      case WeightMatrix.Float32 w ->
          floats(x, rows, w, bias, y, workers, index -> w.values().getAtIndex(WeightMatrix.FLOAT, index));
      case WeightMatrix.Float16 w ->
          floats(x, rows, w, bias, y, workers,
              index -> Float.float16ToFloat(w.values().getAtIndex(WeightMatrix.HALF, index)));
      case WeightMatrix.PerChannel w -> perChannel(QuantizedRows.of(x, rows, w.columns()), w, bias, y, workers);
      case WeightMatrix.Int4Blocks w -> int4Blocks(QuantizedRows.of(x, rows, w.columns()), w, bias, y, workers);
    }
  }

  /** Activations as codes, quantized row by row. */
  private record QuantizedRows(DynamicQuantization[] rows, byte[][] codes) {
    static QuantizedRows of(MemorySegment x, int rows, int columns) {
      QuantizedRows quantized = new QuantizedRows(new DynamicQuantization[rows], new byte[rows][columns]);
      for (int m = 0; m < rows; m++) {
        quantized.rows[m] = DynamicQuantization.quantizeRow(x, (long) m * columns, quantized.codes[m]);
      }
      return quantized;
    }
  }

  private interface FloatWeights {
    float at(long index);
  }

  /** {@code y = fma(x[k], w[k], ...)} over k in order, starting at the bias. */
  private static void floats(
      MemorySegment x, int rows, WeightMatrix shape, MemorySegment bias, MemorySegment y, Workers workers,
      FloatWeights weights) {
    int outputs = shape.rows();
    int inner = shape.columns();
    workers.run(outputs, n -> {
      for (int m = 0; m < rows; m++) {
        float sum = bias == null ? 0f : bias.getAtIndex(JAVA_FLOAT, n);
        for (int k = 0; k < inner; k++) {
          sum = Math.fma(x.getAtIndex(JAVA_FLOAT, (long) m * inner + k), weights.at((long) n * inner + k), sum);
        }
        y.setAtIndex(JAVA_FLOAT, (long) m * outputs + n, sum);
      }
    });
  }

  /**
   * {@code y = ((float) sum_k((q[k] - zeroPoint) * w[k]) * rowScale) * channelScale}; with a bias the last step is
   * {@code fma(.., channelScale, bias)}. The integer sum is exact modulo 2^32.
   */
  private static void perChannel(
      QuantizedRows x, WeightMatrix.PerChannel weights, MemorySegment bias, MemorySegment y, Workers workers) {
    int outputs = weights.rows();
    int inner = weights.columns();
    workers.run(outputs, n -> {
      byte[] w = new byte[inner];
      PackedIntegers.get(weights.values(), weights.bits(), (long) n * inner, w);
      for (int m = 0; m < x.codes.length; m++) {
        byte[] codes = x.codes[m];
        int zeroPoint = x.rows[m].zeroPoint();
        int sum = 0;
        for (int k = 0; k < inner; k++) {
          sum += (codes[k] - zeroPoint) * w[k];
        }
        float scaled = sum * x.rows[m].scale();
        float result = bias == null
            ? scaled * weights.scale(n)
            : Math.fma(scaled, weights.scale(n), bias.getAtIndex(JAVA_FLOAT, n));
        y.setAtIndex(JAVA_FLOAT, (long) m * outputs + n, result);
      }
    });
  }

  /**
   * With codes and zero point shifted by 128 to unsigned, as VNNI takes them, and scales rounded to bfloat16: {@code
   * correction = 0 - sum_b((float) sum_k(w) * scale[b])}; {@code y = correction * zeroPoint}; for each block {@code y =
   * fma((float) sum_k(q * w), scale[b], y)}; {@code y = y * rowScale + bias}. The order decides the last bits.
   */
  private static void int4Blocks(
      QuantizedRows x, WeightMatrix.Int4Blocks weights, MemorySegment bias, MemorySegment y, Workers workers) {
    int outputs = weights.rows();
    int inner = weights.columns();
    int blocks = weights.blocks();
    int size = weights.blockSize();
    workers.run(outputs, n -> {
      byte[] w = new byte[inner];
      PackedIntegers.get(weights.values(), 4, (long) n * inner, w);
      float[] scale = new float[blocks];
      float correction = 0f;
      for (int b = 0; b < blocks; b++) {
        scale[b] = BFloat16.round(weights.scale(n, b));
        int sum = 0;
        for (int k = b * size; k < (b + 1) * size; k++) {
          sum += w[k];
        }
        correction -= sum * scale[b];
      }
      for (int m = 0; m < x.codes.length; m++) {
        byte[] codes = x.codes[m];
        float result = correction * (x.rows[m].zeroPoint() + 128);
        for (int b = 0; b < blocks; b++) {
          int sum = 0;
          for (int k = b * size; k < (b + 1) * size; k++) {
            sum += (codes[k] + 128) * w[k];
          }
          result = Math.fma(sum, scale[b], result);
        }
        result *= x.rows[m].scale();
        if (bias != null) {
          result += bias.getAtIndex(JAVA_FLOAT, n);
        }
        y.setAtIndex(JAVA_FLOAT, (long) m * outputs + n, result);
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
