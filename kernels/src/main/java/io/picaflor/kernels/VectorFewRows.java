package io.picaflor.kernels;

import io.picaflor.quantization.DynamicQuantization;
import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Products of a few rows of activations (decode: one) with integer weights. The weights stream once through {@link VectorDot},
 * four rows of them at a time; results of four outputs are finished in one vector of 128 bits.
 */
final class VectorFewRows {
  /** Outputs at a time. */
  private static final int OUTPUTS = 4;

  private static final VectorSpecies<Float> FOUR = FloatVector.SPECIES_128;

  private VectorFewRows() {}

  /** One row of activations, ready for the loops. */
  private record Arranged(DynamicQuantization rule, int at) {}

  static void perChannel(
      MemorySegment x, int rows, WeightMatrix.PerChannel w, MemorySegment bias, MemorySegment y, Workers workers) {
    VectorScratch scratch = VectorScratch.ofThread();
    int size = VectorDot.arrangedSize(w.bits(), w.columns(), VectorDot.SECTION);
    float[] arranged = scratch.arranged((long) rows * size);
    Arranged[] inputs = arrange(x, rows, w.columns(), w.bits(), false, VectorDot.SECTION, size, arranged);
    Shares.run(workers, w.rows(), (long) rows * w.columns(), (from, to) -> {
      VectorScratch own = VectorScratch.ofThread();
      int chunks = VectorDot.chunks(w.bits(), w.columns());
      float[] sums = own.sums((long) Math.ceilDiv(chunks, VectorDot.SECTION) * Lanes.COUNT);
      WeightRows weights = new WeightRows(w, w.bits(), chunks);
      boolean one = w.scales().byteSize() == 4;
      for (int n = from; n < to; n += OUTPUTS) {
        weights.seek(n, own);
        FloatVector scale = one ? FloatVector.broadcast(FOUR, w.scale(0)) : four(w.scales(), n, w.rows(), false);
        FloatVector offset = bias == null ? null : four(bias, n, w.rows(), true);
        for (int m = 0; m < rows; m++) {
          Arranged input = inputs[m];
          int used = sections(w.bits(), weights, chunks, arranged, input.at, sums);
          FloatVector scaled = total(sums, used).mul(input.rule.scale());
          put(bias == null ? scaled.mul(scale) : scaled.fma(scale, offset), y, (long) m * w.rows(), n, w.rows());
        }
      }
    });
  }

  private static int sections(int bits, WeightRows w, int chunks, float[] x, int at, float[] sums) {
    int step = VectorDot.chunkColumns(bits);
    int start = at + chunks * step;
    int to = 0;
    for (int c = 0; c < chunks; c += VectorDot.SECTION) {
      int count = Math.min(VectorDot.SECTION, chunks - c);
      long o = (long) c * Lanes.BYTES;
      switch (bits) {
        case 8 -> VectorDot.int8(w.bytes, w.o0 + o, w.o1 + o, w.o2 + o, w.o3 + o, count, x, at + c * step, start, sums, to);
        case 4 -> VectorDot.int4(w.bytes, w.o0 + o, w.o1 + o, w.o2 + o, w.o3 + o, count, x, at + c * step, start, sums, to);
        case 2 -> VectorDot.int2(w.bytes, w.o0 + o, w.o1 + o, w.o2 + o, w.o3 + o, count, x, at + c * step, start, sums, to);
        default -> throw new AssertionError(bits);
      }
      start += Lanes.COUNT;
      to += Lanes.COUNT;
    }
    return to;
  }

  /** The int32 sums over all groups, as floats. */
  private static FloatVector total(float[] sums, int used) {
    IntVector total = IntVector.zero(IntVector.SPECIES_128);
    for (int group = 0; group < used; group += OUTPUTS) {
      total = total.add(FloatVector.fromArray(FOUR, sums, group).convert(VectorOperators.F2I, 0));
    }
    return (FloatVector) total.convert(VectorOperators.I2F, 0);
  }

  static void blocks(
      MemorySegment x, int rows, VectorWeights.Blocks weights, MemorySegment bias, MemorySegment y, Workers workers) {
    WeightMatrix.Int4Blocks w = weights.source();
    int size = VectorDot.arrangedSize(4, w.columns(), 1);
    float[] arranged = VectorScratch.ofThread().arranged((long) rows * size);
    Arranged[] inputs = arrange(x, rows, w.columns(), 4, true, 1, size, arranged);
    Shares.run(workers, w.rows(), (long) rows * w.columns(), (from, to) -> {
      VectorScratch own = VectorScratch.ofThread();
      int chunks = VectorDot.chunks(4, w.columns());
      WeightRows rowsOfW = new WeightRows(w, 4, chunks);
      for (int n = from; n < to; n += OUTPUTS) {
        int inSlab = n % VectorWeights.Blocks.SLAB;
        VectorWeights.Slab slab = weights.slab(n / VectorWeights.Blocks.SLAB);
        float[] sums = own.sums((long) chunks * Lanes.COUNT); // making a slab uses them too
        rowsOfW.seek(n, own);
        FloatVector correction = FloatVector.fromArray(FOUR, slab.corrections(), inSlab);
        FloatVector offset = bias == null ? null : four(bias, n, w.rows(), true);
        for (int m = 0; m < rows; m++) {
          Arranged input = inputs[m];
          FloatVector start = correction.mul(input.rule.zeroPoint() + 128f);
          FloatVector result = chain(w, slab, inSlab, rowsOfW, chunks, arranged, input.at, sums, start);
          result = result.mul(input.rule.scale());
          put(bias == null ? result : result.add(offset), y, (long) m * w.rows(), n, w.rows());
        }
      }
    });
  }

  /** {@code target[row] = sum_b(sum_k(x * w) * scale[b])}, a chain over the blocks, for the rows of a slab. */
  static void sumBlocks(
      WeightMatrix.Int4Blocks w, VectorWeights.Slab slab, int firstRow, int rows, float[] arranged, float[] target) {
    VectorScratch own = VectorScratch.ofThread();
    int chunks = VectorDot.chunks(4, w.columns());
    float[] sums = own.sums((long) chunks * Lanes.COUNT);
    WeightRows rowsOfW = new WeightRows(w, 4, chunks);
    for (int row = 0; row < rows; row += OUTPUTS) {
      rowsOfW.seek(firstRow + row, own);
      chain(w, slab, row, rowsOfW, chunks, arranged, 0, sums, FloatVector.zero(FOUR)).intoArray(target, row);
    }
  }

  private static FloatVector chain(
      WeightMatrix.Int4Blocks w, VectorWeights.Slab slab, int inSlab, WeightRows rows, int chunks, float[] x, int at,
      float[] sums, FloatVector start) {
    int starts = at + chunks * VectorDot.chunkColumns(4);
    VectorDot.int4Groups(rows.bytes, rows.o0, rows.o1, rows.o2, rows.o3, chunks, x, at, starts, sums);
    FloatVector result = start;
    int groups = w.blockSize() / VectorDot.GROUP_COLUMNS;
    int blocks = w.blocks();
    for (int b = 0, g = 0; b < blocks; b++) {
      FloatVector sum = FloatVector.fromArray(FOUR, sums, g);
      g += OUTPUTS;
      for (int i = 1; i < groups; i++, g += OUTPUTS) {
        sum = sum.add(FloatVector.fromArray(FOUR, sums, g));
      }
      ShortVector scale = ShortVector.fromArray(ShortVector.SPECIES_64, slab.scales(), b * VectorWeights.Blocks.SLAB + inSlab);
      IntVector bits = (IntVector) scale.convertShape(VectorOperators.S2I, IntVector.SPECIES_128, 0);
      result = sum.fma(bits.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), result);
    }
    return result;
  }

  private static Arranged[] arrange(
      MemorySegment x, int rows, int columns, int bits, boolean unsigned, int section, int size, float[] arranged) {
    float[] plain = VectorScratch.ofThread().activations(columns);
    Arranged[] inputs = new Arranged[rows];
    for (int m = 0; m < rows; m++) {
      inputs[m] = new Arranged(VectorQuantizer.quantize(x, m, columns, unsigned, plain, 0), m * size);
      VectorDot.arrange(plain, 0, columns, bits, section, arranged, m * size);
    }
    return inputs;
  }

  private static FloatVector four(MemorySegment floats, int index, int count, boolean nativeOrder) {
    var order = nativeOrder ? Lanes.NATIVE : Lanes.LITTLE;
    if (index + OUTPUTS <= count) {
      return FloatVector.fromMemorySegment(FOUR, floats, 4L * index, order);
    }
    return FloatVector.fromMemorySegment(FOUR, floats, 4L * index, order, FOUR.indexInRange(index, count));
  }

  private static void put(FloatVector results, MemorySegment y, long row, int n, int count) {
    if (n + OUTPUTS <= count) {
      results.intoMemorySegment(y, 4 * (row + n), Lanes.NATIVE);
    } else {
      results.intoMemorySegment(y, 4 * (row + n), Lanes.NATIVE, FOUR.indexInRange(n, count));
    }
  }

  /** Where four rows of weights lie; at the matrix's end in a copy, since the loops read whole vectors. */
  private static final class WeightRows {
    private final MemorySegment values;
    private final int rows;
    private final long rowBytes;
    private final long readBytes;
    private MemorySegment bytes;
    private long o0;
    private long o1;
    private long o2;
    private long o3;

    WeightRows(WeightMatrix w, int bits, int chunks) {
      values = w.values();
      rows = w.rows();
      rowBytes = (long) w.columns() * bits / 8;
      readBytes = (long) chunks * Lanes.BYTES;
    }

    /** Goes to rows n to n + 3; rows that do not exist read as the last one. */
    void seek(int n, VectorScratch scratch) {
      bytes = values;
      o0 = n * rowBytes;
      o1 = Math.min(n + 1, rows - 1) * rowBytes;
      o2 = Math.min(n + 2, rows - 1) * rowBytes;
      o3 = Math.min(n + 3, rows - 1) * rowBytes;
      if (o3 + readBytes > values.byteSize()) {
        bytes = scratch.tail(OUTPUTS * readBytes);
        o0 = copy(o0, 0);
        o1 = copy(o1, readBytes);
        o2 = copy(o2, 2 * readBytes);
        o3 = copy(o3, 3 * readBytes);
      }
    }

    private long copy(long from, long to) {
      MemorySegment.copy(values, from, bytes, to, rowBytes);
      return to;
    }
  }
}
