package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.FLOATS;

import io.picaflor.quantization.DynamicQuantization;
import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products of a few rows of activations (decode: one) with integer weights. The weights stream once through {@link
 * VectorDot}, a slab of {@link #SLAB} outputs at a time, whose sums are then finished together.
 *
 * <p>The loops are methods that take and give arrays: a vector that crosses a method which C2 does not inline is boxed,
 * and that costs many times the product itself.
 */
final class VectorFewRows {
  /** Outputs that are finished together. */
  static final int SLAB = VectorWeights.Blocks.SLAB;

  /** Rows of weights that are read and then added up across their lanes, so that the sums stay in the first cache. */
  private static final int STEP = 16;

  /** Between the sums of one group of lanes and the next: a slab, and what the last store writes beyond it. */
  private static final int STRIDE = SLAB + 16;

  private VectorFewRows() {}

  static void perChannel(
      MemorySegment x, int rows, WeightMatrix.PerChannel w, MemorySegment bias, MemorySegment y, Workers workers) {
    int size = VectorDot.arrangedSize(w.bits(), w.columns(), VectorDot.SECTION);
    float[] arranged = VectorScratch.ofThread().arranged((long) rows * size);
    DynamicQuantization[] rules = arrange(x, rows, w.columns(), w.bits(), false, VectorDot.SECTION, size, arranged);
    Shares.run(workers, w.rows(), (long) rows * w.columns(), (from, to) -> {
      VectorScratch own = VectorScratch.ofThread();
      WeightRows weights = new WeightRows(w, w.bits());
      int sections = Math.ceilDiv(weights.chunks, VectorDot.SECTION);
      int groupsOfRow = sections * VectorRowSums.GROUPS;
      float[] sums = own.sums((long) sections * STEP * Lanes.COUNT);
      float[] groups = own.groups((long) rows * groupsOfRow * STRIDE);
      int[] totals = own.wholeSums(SLAB);
      float[] scales = own.scales(SLAB);
      float[] offsets = bias == null ? null : own.offsets(SLAB);
      float[] results = own.results(SLAB);
      for (int n = from; n < to; n += SLAB) {
        int count = Math.min(SLAB, to - n);
        for (int row = 0; row < count; row += STEP) {
          int step = Math.min(STEP, count - row);
          for (int m = 0; m < rows; m++) {
            weights.sumSections(n + row, step, arranged, m * size, sums, own);
            VectorRowSums.add(sums, step, sections, groups, m * groupsOfRow * STRIDE + row, STRIDE);
          }
        }
        readScales(w, n, count, scales);
        readBias(bias, n, count, offsets);
        for (int m = 0; m < rows; m++) {
          total(groups, m * groupsOfRow * STRIDE, groupsOfRow, totals);
          finishPerChannel(totals, rules[m].scale(), scales, offsets, results);
          MemorySegment.copy(results, 0, y, ValueLayout.JAVA_FLOAT, 4 * ((long) m * w.rows() + n), count);
        }
      }
    });
  }

  private static void readScales(WeightMatrix.PerChannel w, int from, int count, float[] scales) {
    if (w.scales().byteSize() == 4) {
      Arrays.fill(scales, 0, count, w.scale(0));
    } else {
      MemorySegment.copy(w.scales(), WeightMatrix.FLOAT, 4L * from, scales, 0, count);
    }
  }

  private static void readBias(MemorySegment bias, int from, int count, float[] offsets) {
    if (bias != null) {
      MemorySegment.copy(bias, ValueLayout.JAVA_FLOAT, 4L * from, offsets, 0, count);
    }
  }

  /** {@code totals[row]}: the int32 sum over groups and sections. */
  private static void total(float[] groups, int at, int count, int[] totals) {
    Arrays.fill(totals, 0, SLAB, 0);
    for (int g = 0; g < count; g++) {
      for (int i = 0; i < SLAB; i++) {
        totals[i] += (int) groups[at + g * STRIDE + i];
      }
    }
  }

  private static void finishPerChannel(int[] totals, float rowScale, float[] scales, float[] offsets, float[] results) {
    if (offsets == null) {
      for (int i = 0; i < SLAB; i++) {
        results[i] = totals[i] * rowScale * scales[i];
      }
    } else {
      for (int i = 0; i < SLAB; i++) {
        results[i] = Math.fma(totals[i] * rowScale, scales[i], offsets[i]);
      }
    }
  }

  static void blocks(
      MemorySegment x, int rows, VectorWeights.Blocks weights, MemorySegment bias, MemorySegment y, Workers workers) {
    WeightMatrix.Int4Blocks w = weights.source();
    int size = VectorDot.arrangedSize(4, w.columns(), 1);
    float[] arranged = VectorScratch.ofThread().arranged((long) rows * size);
    DynamicQuantization[] rules = arrange(x, rows, w.columns(), 4, true, 1, size, arranged);
    Shares.run(workers, w.rows(), (long) rows * w.columns(), (from, to) -> {
      VectorScratch own = VectorScratch.ofThread();
      WeightRows weightRows = new WeightRows(w, 4);
      float[] offsets = bias == null ? null : own.offsets(SLAB);
      float[] results = own.results((long) rows * SLAB);
      for (int n = from; n < to; n += SLAB) {
        int count = Math.min(SLAB, to - n);
        VectorWeights.Slab slab = weights.slab(n / SLAB);
        for (int m = 0; m < rows; m++) {
          float zeroPoint = rules[m].zeroPoint() + 128f;
          for (int i = 0; i < SLAB; i++) {
            results[m * SLAB + i] = slab.corrections()[i] * zeroPoint;
          }
        }
        addBlocks(w, weightRows, slab, n, count, arranged, size, rows, own, results);
        readBias(bias, n, count, offsets);
        for (int m = 0; m < rows; m++) {
          finishBlocks(rules[m].scale(), offsets, results, m * SLAB);
          MemorySegment.copy(results, m * SLAB, y, ValueLayout.JAVA_FLOAT, 4 * ((long) m * w.rows() + n), count);
        }
      }
    });
  }

  /** {@code target[row] = sum_b(sum_k(x * w) * scale[b])}, a chain over the blocks, for the rows of a slab. */
  static void sumBlocks(
      WeightMatrix.Int4Blocks w, VectorWeights.Slab slab, int firstRow, int count, float[] arranged, float[] target) {
    addBlocks(w, new WeightRows(w, 4), slab, firstRow, count, arranged, 0, 1, VectorScratch.ofThread(), target);
  }

  /** {@code results[m][row] = fma(sum_k(x[m] * w), scale[b], results[m][row])} for each block in order. */
  private static void addBlocks(
      WeightMatrix.Int4Blocks w, WeightRows weights, VectorWeights.Slab slab, int firstRow, int count, float[] arranged,
      int size, int rows, VectorScratch scratch, float[] results) {
    float[] sums = scratch.sums((long) weights.chunks * STEP * Lanes.COUNT);
    int groupsOfRow = weights.chunks * VectorRowSums.GROUPS;
    float[] groups = scratch.groups((long) rows * groupsOfRow * STRIDE);
    for (int row = 0; row < count; row += STEP) {
      int step = Math.min(STEP, count - row);
      for (int m = 0; m < rows; m++) {
        weights.sumChunks(firstRow + row, step, arranged, m * size, sums, scratch);
        VectorRowSums.add(sums, step, weights.chunks, groups, m * groupsOfRow * STRIDE + row, STRIDE);
      }
    }
    for (int m = 0; m < rows; m++) {
      int groupsOfBlock = w.blockSize() / VectorDot.GROUP_COLUMNS;
      chain(groups, m * groupsOfRow * STRIDE, groupsOfBlock, w.blocks(), slab, results, m * SLAB);
    }
  }

  private static void chain(
      float[] groups, int from, int groupsOfBlock, int blocks, VectorWeights.Slab slab, float[] results, int to) {
    for (int v = 0; v < SLAB; v += Lanes.COUNT) {
      FloatVector result = FloatVector.fromArray(FLOATS, results, to + v);
      int at = from + v;
      int shift = VectorWeights.Slab.shift(v);
      for (int b = 0; b < blocks; b++) {
        FloatVector sum = FloatVector.fromArray(FLOATS, groups, at);
        at += STRIDE;
        for (int i = 1; i < groupsOfBlock; i++, at += STRIDE) {
          sum = sum.add(FloatVector.fromArray(FLOATS, groups, at));
        }
        IntVector pairs = IntVector.fromArray(Lanes.INTS, slab.packedScales(), VectorWeights.Slab.index(b, v));
        IntVector scale = pairs.lanewise(VectorOperators.LSHL, shift).and(0xffff_0000);
        result = sum.fma(scale.reinterpretAsFloats(), result);
      }
      result.intoArray(results, to + v);
    }
  }

  private static void finishBlocks(float rowScale, float[] offsets, float[] results, int at) {
    if (offsets == null) {
      for (int i = 0; i < SLAB; i++) {
        results[at + i] *= rowScale;
      }
    } else {
      for (int i = 0; i < SLAB; i++) {
        results[at + i] = results[at + i] * rowScale + offsets[i];
      }
    }
  }

  private static DynamicQuantization[] arrange(
      MemorySegment x, int rows, int columns, int bits, boolean unsigned, int section, int size, float[] arranged) {
    float[] plain = VectorScratch.ofThread().activations(columns);
    DynamicQuantization[] rules = new DynamicQuantization[rows];
    for (int m = 0; m < rows; m++) {
      rules[m] = VectorQuantizer.quantize(x, m, columns, unsigned, plain, 0);
      VectorDot.arrange(plain, 0, columns, bits, section, arranged, m * size);
    }
    return rules;
  }

  /**
   * Reads rows of weights; the last ones, behind which the matrix ends, from a copy, since the loops read whole
   * vectors.
   */
  private static final class WeightRows {
    private final MemorySegment values;
    private final int bits;
    private final int chunks;
    private final int chunkColumns;
    private final long rowBytes;
    private final long readBytes;

    WeightRows(WeightMatrix w, int bits) {
      this.bits = bits;
      values = w.values();
      chunks = VectorDot.chunks(bits, w.columns());
      chunkColumns = VectorDot.chunkColumns(bits);
      rowBytes = (long) w.columns() * bits / 8;
      readBytes = (long) chunks * Lanes.BYTES;
    }

    /** How many of the rows from {@code first} on can be read in place. */
    private int inPlace(int first, int count) {
      long readable = Math.floorDiv(values.byteSize() - readBytes, rowBytes) + 1;
      return Math.clamp(readable - first, 0, count);
    }

    private MemorySegment copy(int first, int count, VectorScratch scratch) {
      MemorySegment tail = scratch.tail(count * readBytes);
      for (int i = 0; i < count; i++) {
        MemorySegment.copy(values, (first + i) * rowBytes, tail, i * readBytes, rowBytes);
      }
      return tail;
    }

    /** Sums of each section of {@link VectorDot#SECTION} chunks. */
    void sumSections(int first, int count, float[] x, int at, float[] sums, VectorScratch scratch) {
      int inPlace = inPlace(first, count);
      sumSections(values, first * rowBytes, rowBytes, inPlace, x, at, sums, 0);
      if (inPlace < count) {
        MemorySegment tail = copy(first + inPlace, count - inPlace, scratch);
        sumSections(tail, 0, readBytes, count - inPlace, x, at, sums, inPlace);
      }
    }

    private void sumSections(
        MemorySegment w, long offset, long stride, int count, float[] x, int at, float[] sums, int row) {
      int sections = Math.ceilDiv(chunks, VectorDot.SECTION);
      int next = sections * Lanes.COUNT;
      for (int s = 0; s < sections; s++) {
        int c = s * VectorDot.SECTION;
        int length = Math.min(VectorDot.SECTION, chunks - c);
        long o = offset + (long) c * Lanes.BYTES;
        int k = at + c * chunkColumns;
        int start = at + chunks * chunkColumns + s * Lanes.COUNT;
        int to = row * next + s * Lanes.COUNT;
        switch (bits) {
          case 8 -> VectorDot.int8(w, o, stride, count, length, x, k, start, sums, to, next);
          case 4 -> VectorDot.int4(w, o, stride, count, length, x, k, start, sums, to, next);
          case 2 -> VectorDot.int2(w, o, stride, count, length, x, k, start, sums, to, next);
          default -> throw new AssertionError(bits);
        }
      }
    }

    /** Sums of each chunk of int4. */
    void sumChunks(int first, int count, float[] x, int at, float[] sums, VectorScratch scratch) {
      int inPlace = inPlace(first, count);
      int starts = at + chunks * chunkColumns;
      VectorDot.int4Chunks(values, first * rowBytes, rowBytes, inPlace, chunks, x, at, starts, sums, 0);
      if (inPlace < count) {
        MemorySegment tail = copy(first + inPlace, count - inPlace, scratch);
        int to = inPlace * chunks * Lanes.COUNT;
        VectorDot.int4Chunks(tail, 0, readBytes, count - inPlace, chunks, x, at, starts, sums, to);
      }
    }
  }
}
