package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.COUNT;
import static io.picaflor.kernels.Lanes.FLOATS;
import static io.picaflor.kernels.Lanes.INTS;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Exact dot products of one row of activations with rows of packed integers, read as they lie in the file: the decode
 * step's hot loop. Rows are read one after the other, so memory sees one forward stream: four rows side by side, which
 * save loads of activations, were no faster in the cache and half as fast from memory (7 against 15 GB/s).
 *
 * <p>Lanes run along the inner columns, 32 bits of weights a lane; a <em>chunk</em> is one vector of weights. A weight
 * is cut out of its word by a mask and not shifted down: {@code w * 2^(8 j)} in byte {@code j} meets an activation that
 * was multiplied by {@code 2^(-8 j)} beforehand. Masks give unsigned numbers, so the sign bits are flipped, which adds
 * {@code 2^(bits - 1)} to each weight, and the sums start at the negative of what that adds. (The top byte of an int8
 * word keeps its sign: there the mask gives the signed number.)
 *
 * <p>The loops are written out: where a helper method took and gave back a vector, C2 boxed the sums, and the loop ran
 * twenty times slower.
 *
 * <p>All products and sums are integers below 2^24 and so exact in float32, in any order: a section of 32 chunks of
 * int8 ends at most at {@code 32 * 4 * 255 * 128} a lane and 4 times that, {@code 16,711,680}, a group of lanes; on the
 * way a lane holds at most {@code 32 * (3 * 255 * 128 + 4 * 255 * 255)}, shared by two sums. Narrower integers stay
 * below.
 */
final class VectorDot {
  /** Chunks whose sums are exact in float32. */
  static final int SECTION = 32;

  /** Columns of int4 in one group of lanes, the smallest block. */
  static final int GROUP_COLUMNS = 32;

  private static final float[] DOWN = {1f, 0x1p-8f, 0x1p-16f, 0x1p-24f};

  private VectorDot() {}

  /** Columns in a chunk. */
  static int chunkColumns(int bits) {
    return COUNT * (Integer.SIZE / bits);
  }

  static int chunks(int bits, int columns) {
    return Math.ceilDiv(columns, chunkColumns(bits));
  }

  /** Values that {@link #arrange} writes. */
  static int arrangedSize(int bits, int columns, int section) {
    int chunks = chunks(bits, columns);
    return Math.addExact(Math.multiplyExact(chunks, chunkColumns(bits)), Math.ceilDiv(chunks, section) * COUNT);
  }

  /**
   * Brings a row of activations into the order and scale in which the loops meet them, zeros beyond the end, followed
   * by the values at which the sums of each section start.
   *
   * @param values exact integers, {@code columns} from {@code from} on
   * @param section chunks that are summed together
   * @param target {@link #arrangedSize} values from {@code at} on; overwritten
   */
  static void arrange(float[] values, int from, int columns, int bits, int section, float[] target, int at) {
    int perWord = Integer.SIZE / bits;
    int perByte = Byte.SIZE / bits;
    int chunkColumns = chunkColumns(bits);
    int chunks = chunks(bits, columns);
    int starts = at + chunks * chunkColumns;
    Arrays.fill(target, starts, starts + Math.ceilDiv(chunks, section) * COUNT, 0f);
    int column = 0;
    for (int chunk = 0; chunk < chunks; chunk++) {
      for (int lane = 0; lane < COUNT; lane++) {
        float flipped = 0f;
        for (int p = 0; p < perWord; p++, column++) {
          int inByte = p % perByte;
          int b = p / perByte;
          float value = column < columns ? values[from + column] : 0f;
          target[at + chunk * chunkColumns + (inByte * 4 + b) * COUNT + lane] = value * DOWN[b];
          if (bits < 8 || b < 3) {
            flipped += value;
          }
        }
        target[starts + chunk / section * COUNT + lane] -= flipped * (1 << bits - 1);
      }
    }
  }

  /**
   * One section of some rows of int8.
   *
   * @param w weights; the first row's part for this section begins at {@code offset}, each further one {@code rowBytes}
   *     on
   * @param chunks of this section
   * @param x arranged; this section's part begins at {@code at}, its start values at {@code start}
   * @param sums a vector for each row, to be added up over its lanes, from {@code to} on, {@code stride} apart;
   *     overwritten
   */
  static void int8(
      MemorySegment w, long offset, long rowBytes, int rows, int chunks, float[] x, int at, int start,
      float[] sums, int to, int stride) {
    for (int row = 0; row < rows; row++) {
      long o = offset + row * rowBytes;
      FloatVector a = FloatVector.fromArray(FLOATS, x, start);
      FloatVector b = FloatVector.zero(FLOATS);
      FloatVector c = FloatVector.zero(FLOATS);
      FloatVector d = FloatVector.zero(FLOATS);
      if (chunks > 0) {
        Lanes.markFaults(w, o);
      }
      for (int i = 0; i < chunks; i++) {
        int k = at + i * 4 * COUNT;
        IntVector w0 = IntVector.fromMemorySegment(INTS, w, o + (long) i * Lanes.BYTES, Lanes.ORDER)
            .lanewise(XOR, 0x00808080);
        a = ((FloatVector) w0.and(0xff).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k), a);
        b = ((FloatVector) w0.and(0xff00).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + COUNT), b);
        c = ((FloatVector) w0.and(0xff0000).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 2 * COUNT), c);
        d = ((FloatVector) w0.and(0xff000000).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 3 * COUNT), d);
      }
      a.add(b).add(c.add(d)).intoArray(sums, to + row * stride);
    }
  }

  /**
   * One section of some rows of int4.
   *
   * @param w weights; the first row's part for this section begins at {@code offset}, each further one {@code rowBytes}
   *     on
   * @param chunks of this section
   * @param x arranged; this section's part begins at {@code at}, its start values at {@code start}
   * @param sums a vector for each row, to be added up over its lanes, from {@code to} on, {@code stride} apart;
   *     overwritten
   */
  static void int4(
      MemorySegment w, long offset, long rowBytes, int rows, int chunks, float[] x, int at, int start,
      float[] sums, int to, int stride) {
    for (int row = 0; row < rows; row++) {
      long o = offset + row * rowBytes;
      FloatVector a = FloatVector.fromArray(FLOATS, x, start);
      FloatVector b = FloatVector.zero(FLOATS);
      FloatVector c = FloatVector.zero(FLOATS);
      FloatVector d = FloatVector.zero(FLOATS);
      if (chunks > 0) {
        Lanes.markFaults(w, o);
      }
      for (int i = 0; i < chunks; i++) {
        int k = at + i * 8 * COUNT;
        IntVector w0 = IntVector.fromMemorySegment(INTS, w, o + (long) i * Lanes.BYTES, Lanes.ORDER)
            .lanewise(XOR, 0x88888888);
        a = ((FloatVector) w0.and(0xf).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k), a);
        b = ((FloatVector) w0.and(0xf00).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + COUNT), b);
        c = ((FloatVector) w0.and(0xf0000).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 2 * COUNT), c);
        d = ((FloatVector) w0.and(0xf000000).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 3 * COUNT), d);
        IntVector w1 = w0.lanewise(LSHR, 4);
        a = ((FloatVector) w1.and(0xf).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 4 * COUNT), a);
        b = ((FloatVector) w1.and(0xf00).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 5 * COUNT), b);
        c = ((FloatVector) w1.and(0xf0000).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 6 * COUNT), c);
        d = ((FloatVector) w1.and(0xf000000).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 7 * COUNT), d);
      }
      a.add(b).add(c.add(d)).intoArray(sums, to + row * stride);
    }
  }

  /**
   * One section of some rows of int2.
   *
   * @param w weights; the first row's part for this section begins at {@code offset}, each further one {@code rowBytes}
   *     on
   * @param chunks of this section
   * @param x arranged; this section's part begins at {@code at}, its start values at {@code start}
   * @param sums a vector for each row, to be added up over its lanes, from {@code to} on, {@code stride} apart;
   *     overwritten
   */
  static void int2(
      MemorySegment w, long offset, long rowBytes, int rows, int chunks, float[] x, int at, int start,
      float[] sums, int to, int stride) {
    for (int row = 0; row < rows; row++) {
      long o = offset + row * rowBytes;
      FloatVector a = FloatVector.fromArray(FLOATS, x, start);
      FloatVector b = FloatVector.zero(FLOATS);
      FloatVector c = FloatVector.zero(FLOATS);
      FloatVector d = FloatVector.zero(FLOATS);
      if (chunks > 0) {
        Lanes.markFaults(w, o);
      }
      for (int i = 0; i < chunks; i++) {
        int k = at + i * 16 * COUNT;
        IntVector w0 = IntVector.fromMemorySegment(INTS, w, o + (long) i * Lanes.BYTES, Lanes.ORDER)
            .lanewise(XOR, 0xaaaaaaaa);
        a = ((FloatVector) w0.and(0x3).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k), a);
        b = ((FloatVector) w0.and(0x300).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + COUNT), b);
        c = ((FloatVector) w0.and(0x30000).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 2 * COUNT), c);
        d = ((FloatVector) w0.and(0x3000000).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 3 * COUNT), d);
        IntVector w1 = w0.lanewise(LSHR, 2);
        a = ((FloatVector) w1.and(0x3).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 4 * COUNT), a);
        b = ((FloatVector) w1.and(0x300).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 5 * COUNT), b);
        c = ((FloatVector) w1.and(0x30000).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 6 * COUNT), c);
        d = ((FloatVector) w1.and(0x3000000).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 7 * COUNT), d);
        IntVector w2 = w0.lanewise(LSHR, 4);
        a = ((FloatVector) w2.and(0x3).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 8 * COUNT), a);
        b = ((FloatVector) w2.and(0x300).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 9 * COUNT), b);
        c = ((FloatVector) w2.and(0x30000).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 10 * COUNT), c);
        d = ((FloatVector) w2.and(0x3000000).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 11 * COUNT), d);
        IntVector w3 = w0.lanewise(LSHR, 6);
        a = ((FloatVector) w3.and(0x3).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 12 * COUNT), a);
        b = ((FloatVector) w3.and(0x300).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 13 * COUNT), b);
        c = ((FloatVector) w3.and(0x30000).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 14 * COUNT), c);
        d = ((FloatVector) w3.and(0x3000000).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 15 * COUNT), d);
      }
      a.add(b).add(c.add(d)).intoArray(sums, to + row * stride);
    }
  }

  /**
   * Some rows of int4, each chunk summed for itself.
   *
   * @param x arranged with sections of one chunk, from {@code at} on, the start values from {@code start} on
   * @param sums for each row a vector for each chunk, from {@code to} on; overwritten
   */
  static void int4Chunks(
      MemorySegment w, long offset, long rowBytes, int rows, int chunks, float[] x, int at, int start,
      float[] sums, int to) {
    for (int row = 0; row < rows; row++) {
      long o = offset + row * rowBytes;
      int rowTo = to + row * chunks * COUNT;
      if (chunks > 0) {
        Lanes.markFaults(w, o);
      }
      for (int i = 0; i < chunks; i++) {
        int k = at + i * 8 * COUNT;
        IntVector w0 = IntVector.fromMemorySegment(INTS, w, o + (long) i * Lanes.BYTES, Lanes.ORDER)
            .lanewise(XOR, 0x88888888);
        IntVector w1 = w0.lanewise(LSHR, 4);
        FloatVector a = FloatVector.fromArray(FLOATS, x, start + i * COUNT);
        FloatVector b = FloatVector.zero(FLOATS);
        a = ((FloatVector) w0.and(0xf).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k), a);
        a = ((FloatVector) w0.and(0xf00).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + COUNT), a);
        a = ((FloatVector) w0.and(0xf0000).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 2 * COUNT), a);
        a = ((FloatVector) w0.and(0xf000000).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 3 * COUNT), a);
        b = ((FloatVector) w1.and(0xf).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 4 * COUNT), b);
        b = ((FloatVector) w1.and(0xf00).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 5 * COUNT), b);
        b = ((FloatVector) w1.and(0xf0000).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 6 * COUNT), b);
        b = ((FloatVector) w1.and(0xf000000).convert(I2F, 0)).fma(FloatVector.fromArray(FLOATS, x, k + 7 * COUNT), b);
        a.add(b).intoArray(sums, rowTo + i * COUNT);
      }
    }
  }
}
