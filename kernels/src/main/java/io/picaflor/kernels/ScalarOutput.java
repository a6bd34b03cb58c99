package io.picaflor.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.picaflor.quantization.BFloat16;
import io.picaflor.quantization.DynamicQuantization;
import io.picaflor.quantization.PackedIntegers;
import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.MemorySegment;

/**
 * What one output of a fully connected layer means, to the bit: {@link #select} it, then ask for its sum with each row of
 * activations.
 *
 * <p>Source: {@code ../reference/FORMATS.md}, 5.2 to 5.6, in the order of XNNPACK's kernels for x86 with AVX-512 VNNI.
 * Belongs to one thread at a time: it holds the output's weights, unpacked.
 */
abstract sealed class ScalarOutput {
  private final MemorySegment bias;

  /** Whether there is a bias, and which, of the output selected. */
  boolean biased;

  float biasValue;

  private ScalarOutput(MemorySegment bias) {
    this.bias = bias;
  }

  /** @param bias one float32 for each output, or {@code null} */
  static ScalarOutput ofFloats(MemorySegment x, long rowStride, WeightMatrix weights, MemorySegment bias) {
    return new Floats(x, rowStride, weights, bias);
  }

  /** @param bias one float32 for each output, or {@code null} */
  static ScalarOutput ofIntegers(QuantizedRows x, WeightMatrix weights, MemorySegment bias) {
    return switch (weights) {
      case WeightMatrix.PerChannel w -> new PerChannel(x, w, bias);
      case WeightMatrix.Int4Blocks w -> new Int4Blocks(x, w, bias);
      case WeightMatrix.Float32 _,WeightMatrix.Float16 _ -> throw new IllegalArgumentException(
          "weights: expected integers, found " + weights);
    };
  }

  /** Takes an output's weights and bias. */
  final void select(int output) {
    biased = bias != null;
    biasValue = biased ? bias.getAtIndex(ScalarOperators.CONSTANT, output) : 0f;
    unpack(output);
  }

  abstract void unpack(int output);

  /** The output selected, of a row. */
  abstract float sum(int row);

  /** Activations as codes, quantized row by row. */
  static final class QuantizedRows {
    private final float[] scales;
    private final int[] zeroPoints;
    private final byte[][] codes;

    QuantizedRows(int rows, int columns) {
      scales = new float[rows];
      zeroPoints = new int[rows];
      codes = new byte[rows][columns];
    }

    /** Quantizes rows of floats without gaps. */
    static QuantizedRows of(MemorySegment x, int rows, int columns) {
      QuantizedRows quantized = new QuantizedRows(rows, columns);
      for (int m = 0; m < rows; m++) {
        DynamicQuantization rule = DynamicQuantization.quantizeRow(x, (long) m * columns, quantized.codes[m]);
        quantized.scales[m] = rule.scale();
        quantized.zeroPoints[m] = rule.zeroPoint();
      }
      return quantized;
    }

    /** Takes the first rows of what an operator has quantized. */
    void load(Codes source, int rows) {
      for (int m = 0; m < rows; m++) {
        ScalarCodes.readRow(source, m, codes[m]);
        scales[m] = ScalarCodes.scale(source, m);
        zeroPoints[m] = ScalarCodes.zeroPoint(source, m);
      }
    }
  }

  /** {@code y = fma(x[k], w[k], ...)} over k in order, starting at the bias. */
  private static final class Floats extends ScalarOutput {
    private final MemorySegment x;
    private final long rowStride;
    private final WeightMatrix weights;
    private final float[] w;

    Floats(MemorySegment x, long rowStride, WeightMatrix weights, MemorySegment bias) {
      super(bias);
      this.x = x;
      this.rowStride = rowStride;
      this.weights = weights;
      w = new float[weights.columns()];
    }

    @Override
    void unpack(int output) {
      long first = (long) output * w.length;
      switch (weights) {
        case WeightMatrix.Float32 m -> {
          for (int k = 0; k < w.length; k++) {
            w[k] = m.values().getAtIndex(WeightMatrix.FLOAT, first + k);
          }
        }
        case WeightMatrix.Float16 m -> {
          for (int k = 0; k < w.length; k++) {
            w[k] = Float.float16ToFloat(m.values().getAtIndex(WeightMatrix.HALF, first + k));
          }
        }
        case WeightMatrix.PerChannel _,WeightMatrix.Int4Blocks _ ->
            throw new IllegalArgumentException("weights: expected floats, found " + weights);
      }
    }

    @Override
    float sum(int row) {
      float sum = biasValue;
      for (int k = 0; k < w.length; k++) {
        sum = Math.fma(x.getAtIndex(JAVA_FLOAT, row * rowStride + k), w[k], sum);
      }
      return sum;
    }
  }

  /**
   * {@code y = ((float) sum_k((q[k] - zeroPoint) * w[k]) * rowScale) * channelScale}; with a bias the last step is
   * {@code fma(.., channelScale, bias)}. The integer sum is exact modulo 2^32.
   */
  private static final class PerChannel extends ScalarOutput {
    private final QuantizedRows x;
    private final WeightMatrix.PerChannel weights;
    private final byte[] w;
    private float channelScale;

    PerChannel(QuantizedRows x, WeightMatrix.PerChannel weights, MemorySegment bias) {
      super(bias);
      this.x = x;
      this.weights = weights;
      w = new byte[weights.columns()];
    }

    @Override
    void unpack(int output) {
      PackedIntegers.get(weights.values(), weights.bits(), (long) output * w.length, w);
      channelScale = weights.scale(output);
    }

    @Override
    float sum(int row) {
      byte[] codes = x.codes[row];
      int zeroPoint = x.zeroPoints[row];
      int sum = 0;
      for (int k = 0; k < w.length; k++) {
        sum += (codes[k] - zeroPoint) * w[k];
      }
      float scaled = sum * x.scales[row];
      return biased ? Math.fma(scaled, channelScale, biasValue) : scaled * channelScale;
    }
  }

  /**
   * With codes and zero point shifted by 128 to unsigned, as VNNI takes them, and scales rounded to bfloat16: {@code
   * correction = 0 - sum_b((float) sum_k(w) * scale[b])}; {@code y = correction * zeroPoint}; for each block {@code y =
   * fma((float) sum_k(q * w), scale[b], y)}; {@code y = y * rowScale + bias}. The order decides the last bits.
   */
  private static final class Int4Blocks extends ScalarOutput {
    private final QuantizedRows x;
    private final WeightMatrix.Int4Blocks weights;
    private final byte[] w;
    private final float[] scales;
    private float correction;

    Int4Blocks(QuantizedRows x, WeightMatrix.Int4Blocks weights, MemorySegment bias) {
      super(bias);
      this.x = x;
      this.weights = weights;
      w = new byte[weights.columns()];
      scales = new float[weights.blocks()];
    }

    @Override
    void unpack(int output) {
      PackedIntegers.get(weights.values(), 4, (long) output * w.length, w);
      int size = weights.blockSize();
      correction = 0f;
      for (int b = 0; b < scales.length; b++) {
        scales[b] = BFloat16.round(weights.scale(output, b));
        int sum = 0;
        for (int k = b * size; k < (b + 1) * size; k++) {
          sum += w[k];
        }
        correction -= sum * scales[b];
      }
    }

    @Override
    float sum(int row) {
      byte[] codes = x.codes[row];
      int size = weights.blockSize();
      float result = correction * (x.zeroPoints[row] + 128);
      for (int b = 0; b < scales.length; b++) {
        int sum = 0;
        for (int k = b * size; k < (b + 1) * size; k++) {
          sum += (codes[k] + 128) * w[k];
        }
        result = Math.fma(sum, scales[b], result);
      }
      result *= x.scales[row];
      return biased ? result + biasValue : result;
    }
  }
}
