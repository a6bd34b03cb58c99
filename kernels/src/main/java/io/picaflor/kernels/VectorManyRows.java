package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.COUNT;
import static io.picaflor.kernels.Lanes.FLOATS;
import static io.picaflor.kernels.Lanes.INTS;
import static io.picaflor.kernels.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products of many rows of codes with integer weights: two panels of outputs side by side are widened to floats, a slice of
 * the inner dimension at a time, and all rows run over it in tiles ({@link VectorScaledTile}).
 *
 * <p>Sums are exact in float32 up to {@link VectorDot#sectionColumns}; there they are added up in int32. Blocks of int4 end
 * with {@code fma(sum, scale, result)}.
 *
 * <p>{@link #prepare} is for one thread, before others {@link #compute}.
 */
final class VectorManyRows {
  private static final int WIDTH = VectorTile.WIDTH;
  private static final int PANEL = VectorLayout.PANEL;
  private static final int ROWS = VectorTile.ROWS;

  /** Columns of a slice: the panel's part, 16 KiB, stays in the first-level cache. */
  private static final int SLICE = 64;

  private final VectorWeights weights;
  private final MemorySegment bias;
  private final int bits;
  private final int blockSize;
  private final float[] scales;
  private final float[] zeros;
  private int rows;
  private int paddedRows;
  private int stride;
  private float[] x;

  /** @param bias or {@code null} */
  VectorManyRows(VectorWeights weights, MemorySegment bias, int rows) {
    this.weights = weights;
    this.bias = bias;
    bits = weights.layout().bits();
    blockSize = weights.layout().blockSize();
    scales = new float[rows];
    zeros = new float[rows];
  }

  /** A single row over is computed alone; two or three run as a whole tile. */
  static int padded(int rows) {
    return rows % ROWS <= 1 ? rows : Math.ceilDiv(rows, ROWS) * ROWS;
  }

  /** Takes the rows' codes. */
  void prepare(Codes codes, int rows) {
    this.rows = rows;
    paddedRows = padded(rows);
    stride = VectorCodes.padded(codes.columns());
    x = VectorScratch.ofThread().activations((long) paddedRows * stride);
    for (int m = 0; m < rows; m++) {
      scales[m] = VectorCodes.scale(codes, m);
      zeros[m] = VectorCodes.unsignedZero(codes, m);
      VectorCodes.read(codes, m, blockSize > 0 ? zeros[m] : 0, x, m * stride);
    }
    Arrays.fill(x, rows * stride, paddedRows * stride, 0f);
  }

  /**
   * The outputs of two panels for all rows, with the bias.
   *
   * @param right a panel, or -1 for none
   * @return {@code [row][left panel | right panel]}, of the scratch
   */
  float[] compute(int left, int right, VectorScratch scratch) {
    return blockSize > 0 ? blocks(left, right, scratch) : perChannel(left, right, scratch);
  }

  private float[] perChannel(int left, int right, VectorScratch scratch) {
    int size = paddedRows * WIDTH;
    float[] sums = scratch.sums(size);
    Arrays.fill(sums, 0, size, 0f);
    int exact = VectorDot.sectionColumns(bits);
    int[] whole = scratch.wholeSums(size);
    boolean begun = false;
    float[] panel = scratch.panel((long) SLICE * WIDTH);
    float[] ones = scratch.scales(WIDTH);
    Arrays.fill(ones, 0, WIDTH, 1f);
    int inner = weights.columns();
    for (int from = 0; from < inner; from += SLICE) {
      int to = Math.min(from + SLICE, inner);
      write(left, right, from * bits / Integer.SIZE, Math.ceilDiv((to - from) * bits, Integer.SIZE), panel);
      addSlice(from, to, panel, 0, ones, 0, sums);
      if (to % exact == 0 && to < inner) {
        moveToWhole(sums, whole, size, begun);
        begun = true;
      }
    }
    moveToWhole(sums, whole, size, begun);
    finish(left, right, scratch, whole, sums);
    return sums;
  }

  /** Widens some words of both panels. */
  private void write(int left, int right, long word, int words, float[] panel) {
    long at = word * VectorLayout.WORD_BYTES;
    long second = right < 0 ? -1 : weights.offset(right) + at;
    VectorPanel.write(weights, weights.offset(left) + at, second, words, panel, 0);
  }

  /** All rows over some columns. */
  private void addSlice(int from, int to, float[] panel, int p, float[] factors, int c, float[] sums) {
    for (int m = 0; m < paddedRows;) {
      int at = m * stride + from;
      if (m + ROWS <= paddedRows) {
        VectorScaledTile.addRows(panel, p, to - from, x, at, stride, factors, c, sums, m * WIDTH);
        m += ROWS;
      } else {
        VectorScaledTile.addRow(panel, p, to - from, x, at, factors, c, sums, m * WIDTH);
        m++;
      }
    }
  }

  private static void moveToWhole(float[] sums, int[] whole, int size, boolean begun) {
    for (int i = 0; i < size; i++) {
      whole[i] = (begun ? whole[i] : 0) + (int) sums[i];
    }
    Arrays.fill(sums, 0, size, 0f);
  }

  /** What is behind a panel's words, and its biases: {@code [left | right]}. */
  private void readScales(int left, int right, float[] target) {
    long behind = (long) weights.layout().words() * VectorLayout.WORD_BYTES;
    MemorySegment.copy(weights.packed(), ValueLayout.JAVA_FLOAT_UNALIGNED, weights.offset(left) + behind, target, 0,
        PANEL);
    if (right >= 0) {
      MemorySegment.copy(weights.packed(), ValueLayout.JAVA_FLOAT_UNALIGNED, weights.offset(right) + behind, target,
          PANEL, PANEL);
    }
  }

  private float[] readBias(int left, int right, VectorScratch scratch) {
    if (bias == null) {
      return null;
    }
    float[] biases = scratch.offsets(WIDTH);
    readBias(left, biases, 0);
    if (right >= 0) {
      readBias(right, biases, PANEL);
    }
    return biases;
  }

  private void readBias(int panel, float[] target, int to) {
    int first = panel * PANEL;
    int count = Math.min(PANEL, weights.rows() - first);
    MemorySegment.copy(bias, ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * first, target, to, count);
  }

  /**
   * {@code ((float) sum * rowScale) * channelScale}, or with a bias {@code fma((float) sum * rowScale, channelScale,
   * bias)}.
   */
  private void finish(int left, int right, VectorScratch scratch, int[] whole, float[] results) {
    float[] channelScales = scratch.scales(WIDTH);
    readScales(left, right, channelScales);
    float[] biases = readBias(left, right, scratch);
    for (int m = 0; m < rows; m++) {
      finishRow(whole, m * WIDTH, scales[m], channelScales, biases, results);
    }
  }

  private static void finishRow(
      int[] whole, int at, float rowScale, float[] channelScales, float[] biases, float[] results) {
    for (int v = 0; v < WIDTH; v += COUNT) {
      FloatVector sum = (FloatVector) IntVector.fromArray(INTS, whole, at + v).convert(VectorOperators.I2F, 0);
      FloatVector scale = FloatVector.fromArray(FLOATS, channelScales, v);
      if (biases == null) {
        sum.mul(rowScale).mul(scale).intoArray(results, at + v);
      } else {
        sum.mul(rowScale).fma(scale, FloatVector.fromArray(FLOATS, biases, v)).intoArray(results, at + v);
      }
    }
  }

  private float[] blocks(int left, int right, VectorScratch scratch) {
    float[] results = scratch.sums((long) paddedRows * WIDTH);
    float[] blockScales = scratch.scales(WIDTH);
    Arrays.fill(blockScales, 0, WIDTH, 0f);
    MemorySegment w = weights.packed();
    for (int m = 0; m < rows; m++) {
      startRow(w, weights.offset(left), zeros[m], results, m * WIDTH);
      startRow(w, weights.offset(Math.max(right, 0)), zeros[m], results, m * WIDTH + PANEL);
    }
    float[] panel = scratch.panel((long) blockSize * WIDTH);
    int words = blockSize / 8;
    long blockBytes = weights.layout().blockBytes();
    for (int from = 0; from < weights.columns(); from += blockSize) {
      long o = VectorLayout.WORD_BYTES + from / blockSize * blockBytes;
      long first = weights.offset(left) + o;
      long second = right < 0 ? -1 : weights.offset(right) + o;
      VectorPanel.write(weights, first, second, words, panel, 0);
      readBlockScales(w, first + blockBytes - VectorLayout.WORD_BYTES / 2, blockScales, 0);
      if (right >= 0) {
        readBlockScales(w, second + blockBytes - VectorLayout.WORD_BYTES / 2, blockScales, PANEL);
      }
      addSlice(from, from + blockSize, panel, 0, blockScales, 0, results);
    }
    float[] biases = readBias(left, right, scratch);
    for (int m = 0; m < rows; m++) {
      finishBlocks(scales[m], biases, results, m * WIDTH);
    }
    return results;
  }

  /** {@code correction * zeroPoint}. */
  private static void startRow(MemorySegment w, long offset, float zero, float[] results, int at) {
    FloatVector.fromMemorySegment(FLOATS, w, offset, ORDER).mul(zero).intoArray(results, at);
    FloatVector.fromMemorySegment(FLOATS, w, offset + Lanes.BYTES, ORDER).mul(zero).intoArray(results, at + COUNT);
  }

  private static void readBlockScales(MemorySegment w, long offset, float[] target, int to) {
    IntVector pairs = IntVector.fromMemorySegment(INTS, w, offset, ORDER);
    pairs.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(target, to);
    pairs.and(0xffff_0000).reinterpretAsFloats().intoArray(target, to + COUNT);
  }

  /** {@code result * rowScale + bias}. */
  private static void finishBlocks(float rowScale, float[] biases, float[] results, int at) {
    for (int v = 0; v < WIDTH; v += COUNT) {
      FloatVector scaled = FloatVector.fromArray(FLOATS, results, at + v).mul(rowScale);
      if (biases != null) {
        scaled = scaled.add(FloatVector.fromArray(FLOATS, biases, v));
      }
      scaled.intoArray(results, at + v);
    }
  }
}
