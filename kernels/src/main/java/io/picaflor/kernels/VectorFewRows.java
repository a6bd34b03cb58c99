package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.BYTES;
import static io.picaflor.kernels.Lanes.COUNT;
import static io.picaflor.kernels.Lanes.FLOATS;
import static io.picaflor.kernels.Lanes.INTS;
import static io.picaflor.kernels.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products of a few rows of codes (decode: one) with integer weights: the weights stream once through {@link VectorDot},
 * panel by panel, and each panel's sums are finished while they are in the first cache.
 *
 * <p>The loops are methods that take and give arrays: a vector that crosses a method which C2 does not inline is boxed,
 * and that costs many times the product itself.
 *
 * <p>{@link #prepare} is for one thread, before others {@link #compute}.
 */
final class VectorFewRows {
  private final VectorWeights weights;
  private final MemorySegment bias;
  private final int bits;
  private final int sectionColumns;
  private final int sections;

  /** What activations are multiplied by, by their place in a word of weights, repeated; and what starts are made of. */
  private final float[] down = new float[16];

  private final float[] offsets = new float[16];

  private final float[] scales;
  private final float[] zeros;
  private int stride;
  private float[] x;
  private float[] starts;

  /** @param bias or {@code null} */
  VectorFewRows(VectorWeights weights, MemorySegment bias, int rows) {
    this.weights = weights;
    this.bias = bias;
    bits = weights.layout().bits();
    int blockSize = weights.layout().blockSize();
    sectionColumns = blockSize > 0 ? blockSize : VectorDot.sectionColumns(bits);
    sections = Math.ceilDiv(weights.columns(), sectionColumns);
    scales = new float[rows];
    zeros = new float[rows];
    for (int e = 0; e < 16; e++) {
      int at = e * bits % Integer.SIZE / Byte.SIZE;
      down[e] = Math.scalb(1f, -8 * at);
      offsets[e] = bits == 8 && at == 3 ? 0 : -(1 << bits - 1);
    }
  }

  /** Takes the rows' codes. */
  void prepare(Codes codes, int rows) {
    VectorScratch scratch = VectorScratch.ofThread();
    stride = VectorCodes.padded(codes.columns());
    x = scratch.activations((long) rows * stride);
    starts = scratch.starts((long) rows * sections);
    for (int m = 0; m < rows; m++) {
      scales[m] = VectorCodes.scale(codes, m);
      zeros[m] = VectorCodes.unsignedZero(codes, m);
      VectorCodes.read(codes, m, weights.layout().blockSize() > 0 ? zeros[m] : 0, x, m * stride);
      for (int s = 0; s < sections; s++) {
        int from = s * sectionColumns;
        int to = Math.min(from + sectionColumns, stride);
        starts[m * sections + s] = prepare(x, m * stride + from, m * stride + to, offsets, down);
      }
    }
  }

  /** Multiplies a section by what its places ask for and returns its start. */
  private static float prepare(float[] x, int from, int to, float[] offsets, float[] down) {
    FloatVector start = FloatVector.zero(FLOATS);
    for (int k = from; k < to; k += COUNT) {
      FloatVector values = FloatVector.fromArray(FLOATS, x, k);
      start = values.fma(FloatVector.fromArray(FLOATS, offsets, k - from & 15), start);
      values.mul(FloatVector.fromArray(FLOATS, down, k - from & 15)).intoArray(x, k);
    }
    return start.reduceLanes(VectorOperators.ADD);
  }

  /**
   * The outputs of one panel for one row, with the bias.
   *
   * @param results {@link VectorLayout#PANEL} values from {@code r} on; overwritten
   */
  void compute(int panel, int row, VectorScratch scratch, float[] results, int r) {
    if (weights.layout().blockSize() > 0) {
      blocks(panel, row, scratch, results, r);
    } else {
      perChannel(panel, row, scratch, results, r);
    }
  }

  private void perChannel(int panel, int row, VectorScratch scratch, float[] results, int r) {
    float[] sums = scratch.sums((long) sections * VectorLayout.PANEL);
    MemorySegment w = weights.packed();
    long offset = weights.offset(panel);
    int words = weights.layout().words();
    int sectionWords = sectionColumns / 32 * bits;
    for (int s = 0; s < sections; s++) {
      long o = offset + (long) s * sectionWords * VectorLayout.WORD_BYTES;
      int count = Math.min(sectionWords, words - s * sectionWords);
      int k = row * stride + s * sectionColumns;
      float start = starts[row * sections + s];
      switch (bits) {
        case 8 -> VectorDot.int8(w, o, count, x, k, start, sums, s * VectorLayout.PANEL);
        case 4 -> VectorDot.int4(w, o, count, x, k, start, sums, s * VectorLayout.PANEL);
        case 2 -> VectorDot.int2(w, o, count, x, k, start, sums, s * VectorLayout.PANEL);
        default -> throw new AssertionError(bits);
      }
    }
    long scale = offset + (long) words * VectorLayout.WORD_BYTES;
    float[] biases = bias(panel, scratch);
    finishPerChannel(sums, sections, scales[row], w, scale, biases, results, r);
  }

  /** {@code ((float) sum * rowScale) * scale}, or with a bias {@code fma((float) sum * rowScale, scale, bias)}. */
  private static void finishPerChannel(
      float[] sums, int sections, float rowScale, MemorySegment w, long offset, float[] biases, float[] results,
      int r) {
    for (int v = 0; v < VectorLayout.PANEL; v += COUNT) {
      IntVector whole = IntVector.zero(INTS);
      for (int s = 0; s < sections; s++) {
        FloatVector sum = FloatVector.fromArray(FLOATS, sums, s * VectorLayout.PANEL + v);
        whole = whole.add((IntVector) sum.convert(VectorOperators.F2I, 0));
      }
      FloatVector scaled = ((FloatVector) whole.convert(VectorOperators.I2F, 0)).mul(rowScale);
      FloatVector scale = FloatVector.fromMemorySegment(FLOATS, w, offset + 4L * v, ORDER);
      if (biases == null) {
        scaled.mul(scale).intoArray(results, r + v);
      } else {
        scaled.fma(scale, FloatVector.fromArray(FLOATS, biases, v)).intoArray(results, r + v);
      }
    }
  }

  private void blocks(int panel, int row, VectorScratch scratch, float[] results, int r) {
    MemorySegment w = weights.packed();
    long offset = weights.offset(panel);
    start(w, offset, zeros[row], results, r);
    int words = sectionColumns / 8;
    long o = offset + VectorLayout.WORD_BYTES;
    VectorDot.blocks(w, o, sections, words, x, row * stride, starts, row * sections, results, r);
    finishBlocks(scales[row], bias(panel, scratch), results, r);
  }

  private static void start(MemorySegment w, long offset, float zero, float[] results, int r) {
    FloatVector.fromMemorySegment(FLOATS, w, offset, ORDER).mul(zero).intoArray(results, r);
    FloatVector.fromMemorySegment(FLOATS, w, offset + BYTES, ORDER).mul(zero).intoArray(results, r + COUNT);
  }

  private static void finishBlocks(float rowScale, float[] biases, float[] results, int r) {
    for (int v = 0; v < VectorLayout.PANEL; v += COUNT) {
      FloatVector scaled = FloatVector.fromArray(FLOATS, results, r + v).mul(rowScale);
      if (biases != null) {
        scaled = scaled.add(FloatVector.fromArray(FLOATS, biases, v));
      }
      scaled.intoArray(results, r + v);
    }
  }

  private float[] bias(int panel, VectorScratch scratch) {
    if (bias == null) {
      return null;
    }
    float[] biases = scratch.offsets(VectorLayout.PANEL);
    int first = panel * VectorLayout.PANEL;
    int count = Math.min(VectorLayout.PANEL, weights.rows() - first);
    MemorySegment.copy(bias, ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * first, biases, 0, count);
    return biases;
  }
}
