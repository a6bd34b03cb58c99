package io.picaflor.kernels;

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
 * Exact dot products of one row of activations with four rows of packed integers, read as they lie in the file: the decode
 * step's hot loop.
 *
 * <p>Lanes run along the inner columns, 32 bits of weights a lane; a <em>chunk</em> is one vector of weights. A weight is cut
 * out of its word by a mask and not shifted down: {@code w * 2^(8 j)} in byte {@code j} meets an activation that was
 * multiplied by {@code 2^(-8 j)} beforehand. Masks give unsigned numbers, so the sign bits are flipped, which adds
 * {@code 2^(bits - 1)} to each weight, and the sums start at the negative of what that adds. (The top byte of an int8 word
 * keeps its sign: there the mask gives the signed number.)
 *
 * <p>The loops are written out: where a helper method took and gave back a vector, C2 boxed the sums, and the loop ran twenty
 * times slower.
 *
 * <p>All products and sums are integers below 2^24 and so exact in float32, in any order: a section of 32 chunks of int8 ends
 * at most at {@code 32 * 4 * 255 * 128} a lane and 4 times that, {@code 16,711,680}, a group of lanes; on the way a lane
 * holds at most {@code 32 * (3 * 255 * 128 + 4 * 255 * 255)}, shared by two sums. Narrower integers stay below.
 */
final class VectorDot {
  /** Chunks whose sums are exact in float32. */
  static final int SECTION = 32;

  /** Columns of int4 in one group of lanes, the smallest block. */
  static final int GROUP_COLUMNS = 32;

  /** Rows of weights at a time. */
  static final int ROWS = 4;

  private static final float[] DOWN = {1f, 0x1p-8f, 0x1p-16f, 0x1p-24f};

  private VectorDot() {}

  /** Columns in a chunk. */
  static int chunkColumns(int bits) {
    return Lanes.COUNT * (Integer.SIZE / bits);
  }

  static int chunks(int bits, int columns) {
    return Math.ceilDiv(columns, chunkColumns(bits));
  }

  /** Values that {@link #arrange} writes. */
  static int arrangedSize(int bits, int columns, int section) {
    int chunks = chunks(bits, columns);
    return Math.addExact(Math.multiplyExact(chunks, chunkColumns(bits)), Math.ceilDiv(chunks, section) * Lanes.COUNT);
  }

  /**
   * Brings a row of activations into the order and scale in which the loops meet them, zeros beyond the end, followed by the
   * values at which the sums of each section start.
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
    Arrays.fill(target, starts, starts + Math.ceilDiv(chunks, section) * Lanes.COUNT, 0f);
    int column = 0;
    for (int chunk = 0; chunk < chunks; chunk++) {
      for (int lane = 0; lane < Lanes.COUNT; lane++) {
        float flipped = 0f;
        for (int p = 0; p < perWord; p++, column++) {
          int inByte = p % perByte;
          int b = p / perByte;
          float value = column < columns ? values[from + column] : 0f;
          target[at + chunk * chunkColumns + (inByte * 4 + b) * Lanes.COUNT + lane] = value * DOWN[b];
          if (bits < 8 || b < 3) {
            flipped += value;
          }
        }
        target[starts + chunk / section * Lanes.COUNT + lane] -= flipped * (1 << bits - 1);
      }
    }
  }

  /**
   * One section of four rows of int8.
   *
   * @param w weights; the four rows' parts for this section begin at the byte offsets
   * @param chunks of this section
   * @param x arranged; this section's part begins at {@code at}, its start values at {@code start}
   * @param sums {@link #ROWS} vectors from {@code to} on, one for each row, to be added up over all lanes; overwritten
   */
  static void int8(
      MemorySegment w, long o0, long o1, long o2, long o3, int chunks, float[] x, int at, int start, float[] sums, int to) {
    FloatVector a0 = FloatVector.fromArray(FLOATS, x, start);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector b0 = FloatVector.zero(FLOATS);
    FloatVector b1 = b0;
    FloatVector b2 = b0;
    FloatVector b3 = b0;
    for (int c = 0; c < chunks; c++) {
      long offset = (long) c * Lanes.BYTES;
      int k = at + c * 4 * Lanes.COUNT;
      IntVector w0 = IntVector.fromMemorySegment(INTS, w, o0 + offset, Lanes.LITTLE).lanewise(XOR, 0x00808080);
      IntVector w1 = IntVector.fromMemorySegment(INTS, w, o1 + offset, Lanes.LITTLE).lanewise(XOR, 0x00808080);
      IntVector w2 = IntVector.fromMemorySegment(INTS, w, o2 + offset, Lanes.LITTLE).lanewise(XOR, 0x00808080);
      IntVector w3 = IntVector.fromMemorySegment(INTS, w, o3 + offset, Lanes.LITTLE).lanewise(XOR, 0x00808080);
      FloatVector v0 = FloatVector.fromArray(FLOATS, x, k);
      a0 = ((FloatVector) w0.and(0xff).convert(I2F, 0)).fma(v0, a0);
      a1 = ((FloatVector) w1.and(0xff).convert(I2F, 0)).fma(v0, a1);
      a2 = ((FloatVector) w2.and(0xff).convert(I2F, 0)).fma(v0, a2);
      a3 = ((FloatVector) w3.and(0xff).convert(I2F, 0)).fma(v0, a3);
      FloatVector v1 = FloatVector.fromArray(FLOATS, x, k + Lanes.COUNT);
      b0 = ((FloatVector) w0.and(0xff00).convert(I2F, 0)).fma(v1, b0);
      b1 = ((FloatVector) w1.and(0xff00).convert(I2F, 0)).fma(v1, b1);
      b2 = ((FloatVector) w2.and(0xff00).convert(I2F, 0)).fma(v1, b2);
      b3 = ((FloatVector) w3.and(0xff00).convert(I2F, 0)).fma(v1, b3);
      FloatVector v2 = FloatVector.fromArray(FLOATS, x, k + 2 * Lanes.COUNT);
      a0 = ((FloatVector) w0.and(0xff0000).convert(I2F, 0)).fma(v2, a0);
      a1 = ((FloatVector) w1.and(0xff0000).convert(I2F, 0)).fma(v2, a1);
      a2 = ((FloatVector) w2.and(0xff0000).convert(I2F, 0)).fma(v2, a2);
      a3 = ((FloatVector) w3.and(0xff0000).convert(I2F, 0)).fma(v2, a3);
      FloatVector v3 = FloatVector.fromArray(FLOATS, x, k + 3 * Lanes.COUNT);
      b0 = ((FloatVector) w0.and(0xff000000).convert(I2F, 0)).fma(v3, b0);
      b1 = ((FloatVector) w1.and(0xff000000).convert(I2F, 0)).fma(v3, b1);
      b2 = ((FloatVector) w2.and(0xff000000).convert(I2F, 0)).fma(v3, b2);
      b3 = ((FloatVector) w3.and(0xff000000).convert(I2F, 0)).fma(v3, b3);
    }
    a0.add(b0).intoArray(sums, to);
    a1.add(b1).intoArray(sums, to + Lanes.COUNT);
    a2.add(b2).intoArray(sums, to + 2 * Lanes.COUNT);
    a3.add(b3).intoArray(sums, to + 3 * Lanes.COUNT);
  }

  /**
   * One section of four rows of int4.
   *
   * @param w weights; the four rows' parts for this section begin at the byte offsets
   * @param chunks of this section
   * @param x arranged; this section's part begins at {@code at}, its start values at {@code start}
   * @param sums {@link #ROWS} vectors from {@code to} on, one for each row, to be added up over all lanes; overwritten
   */
  static void int4(
      MemorySegment w, long o0, long o1, long o2, long o3, int chunks, float[] x, int at, int start, float[] sums, int to) {
    FloatVector a0 = FloatVector.fromArray(FLOATS, x, start);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector b0 = FloatVector.zero(FLOATS);
    FloatVector b1 = b0;
    FloatVector b2 = b0;
    FloatVector b3 = b0;
    for (int c = 0; c < chunks; c++) {
      long offset = (long) c * Lanes.BYTES;
      int k = at + c * 8 * Lanes.COUNT;
      IntVector w0 = IntVector.fromMemorySegment(INTS, w, o0 + offset, Lanes.LITTLE).lanewise(XOR, 0x88888888);
      IntVector w1 = IntVector.fromMemorySegment(INTS, w, o1 + offset, Lanes.LITTLE).lanewise(XOR, 0x88888888);
      IntVector w2 = IntVector.fromMemorySegment(INTS, w, o2 + offset, Lanes.LITTLE).lanewise(XOR, 0x88888888);
      IntVector w3 = IntVector.fromMemorySegment(INTS, w, o3 + offset, Lanes.LITTLE).lanewise(XOR, 0x88888888);
      FloatVector v0 = FloatVector.fromArray(FLOATS, x, k);
      a0 = ((FloatVector) w0.and(0xf).convert(I2F, 0)).fma(v0, a0);
      a1 = ((FloatVector) w1.and(0xf).convert(I2F, 0)).fma(v0, a1);
      a2 = ((FloatVector) w2.and(0xf).convert(I2F, 0)).fma(v0, a2);
      a3 = ((FloatVector) w3.and(0xf).convert(I2F, 0)).fma(v0, a3);
      FloatVector v1 = FloatVector.fromArray(FLOATS, x, k + Lanes.COUNT);
      b0 = ((FloatVector) w0.and(0xf00).convert(I2F, 0)).fma(v1, b0);
      b1 = ((FloatVector) w1.and(0xf00).convert(I2F, 0)).fma(v1, b1);
      b2 = ((FloatVector) w2.and(0xf00).convert(I2F, 0)).fma(v1, b2);
      b3 = ((FloatVector) w3.and(0xf00).convert(I2F, 0)).fma(v1, b3);
      FloatVector v2 = FloatVector.fromArray(FLOATS, x, k + 2 * Lanes.COUNT);
      a0 = ((FloatVector) w0.and(0xf0000).convert(I2F, 0)).fma(v2, a0);
      a1 = ((FloatVector) w1.and(0xf0000).convert(I2F, 0)).fma(v2, a1);
      a2 = ((FloatVector) w2.and(0xf0000).convert(I2F, 0)).fma(v2, a2);
      a3 = ((FloatVector) w3.and(0xf0000).convert(I2F, 0)).fma(v2, a3);
      FloatVector v3 = FloatVector.fromArray(FLOATS, x, k + 3 * Lanes.COUNT);
      b0 = ((FloatVector) w0.and(0xf000000).convert(I2F, 0)).fma(v3, b0);
      b1 = ((FloatVector) w1.and(0xf000000).convert(I2F, 0)).fma(v3, b1);
      b2 = ((FloatVector) w2.and(0xf000000).convert(I2F, 0)).fma(v3, b2);
      b3 = ((FloatVector) w3.and(0xf000000).convert(I2F, 0)).fma(v3, b3);
      w0 = w0.lanewise(LSHR, 4);
      w1 = w1.lanewise(LSHR, 4);
      w2 = w2.lanewise(LSHR, 4);
      w3 = w3.lanewise(LSHR, 4);
      FloatVector v4 = FloatVector.fromArray(FLOATS, x, k + 4 * Lanes.COUNT);
      a0 = ((FloatVector) w0.and(0xf).convert(I2F, 0)).fma(v4, a0);
      a1 = ((FloatVector) w1.and(0xf).convert(I2F, 0)).fma(v4, a1);
      a2 = ((FloatVector) w2.and(0xf).convert(I2F, 0)).fma(v4, a2);
      a3 = ((FloatVector) w3.and(0xf).convert(I2F, 0)).fma(v4, a3);
      FloatVector v5 = FloatVector.fromArray(FLOATS, x, k + 5 * Lanes.COUNT);
      b0 = ((FloatVector) w0.and(0xf00).convert(I2F, 0)).fma(v5, b0);
      b1 = ((FloatVector) w1.and(0xf00).convert(I2F, 0)).fma(v5, b1);
      b2 = ((FloatVector) w2.and(0xf00).convert(I2F, 0)).fma(v5, b2);
      b3 = ((FloatVector) w3.and(0xf00).convert(I2F, 0)).fma(v5, b3);
      FloatVector v6 = FloatVector.fromArray(FLOATS, x, k + 6 * Lanes.COUNT);
      a0 = ((FloatVector) w0.and(0xf0000).convert(I2F, 0)).fma(v6, a0);
      a1 = ((FloatVector) w1.and(0xf0000).convert(I2F, 0)).fma(v6, a1);
      a2 = ((FloatVector) w2.and(0xf0000).convert(I2F, 0)).fma(v6, a2);
      a3 = ((FloatVector) w3.and(0xf0000).convert(I2F, 0)).fma(v6, a3);
      FloatVector v7 = FloatVector.fromArray(FLOATS, x, k + 7 * Lanes.COUNT);
      b0 = ((FloatVector) w0.and(0xf000000).convert(I2F, 0)).fma(v7, b0);
      b1 = ((FloatVector) w1.and(0xf000000).convert(I2F, 0)).fma(v7, b1);
      b2 = ((FloatVector) w2.and(0xf000000).convert(I2F, 0)).fma(v7, b2);
      b3 = ((FloatVector) w3.and(0xf000000).convert(I2F, 0)).fma(v7, b3);
    }
    a0.add(b0).intoArray(sums, to);
    a1.add(b1).intoArray(sums, to + Lanes.COUNT);
    a2.add(b2).intoArray(sums, to + 2 * Lanes.COUNT);
    a3.add(b3).intoArray(sums, to + 3 * Lanes.COUNT);
  }

  /**
   * One section of four rows of int2.
   *
   * @param w weights; the four rows' parts for this section begin at the byte offsets
   * @param chunks of this section
   * @param x arranged; this section's part begins at {@code at}, its start values at {@code start}
   * @param sums {@link #ROWS} vectors from {@code to} on, one for each row, to be added up over all lanes; overwritten
   */
  static void int2(
      MemorySegment w, long o0, long o1, long o2, long o3, int chunks, float[] x, int at, int start, float[] sums, int to) {
    FloatVector a0 = FloatVector.fromArray(FLOATS, x, start);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector b0 = FloatVector.zero(FLOATS);
    FloatVector b1 = b0;
    FloatVector b2 = b0;
    FloatVector b3 = b0;
    for (int c = 0; c < chunks; c++) {
      long offset = (long) c * Lanes.BYTES;
      int k = at + c * 16 * Lanes.COUNT;
      IntVector w0 = IntVector.fromMemorySegment(INTS, w, o0 + offset, Lanes.LITTLE).lanewise(XOR, 0xaaaaaaaa);
      IntVector w1 = IntVector.fromMemorySegment(INTS, w, o1 + offset, Lanes.LITTLE).lanewise(XOR, 0xaaaaaaaa);
      IntVector w2 = IntVector.fromMemorySegment(INTS, w, o2 + offset, Lanes.LITTLE).lanewise(XOR, 0xaaaaaaaa);
      IntVector w3 = IntVector.fromMemorySegment(INTS, w, o3 + offset, Lanes.LITTLE).lanewise(XOR, 0xaaaaaaaa);
      FloatVector v0 = FloatVector.fromArray(FLOATS, x, k);
      a0 = ((FloatVector) w0.and(0x3).convert(I2F, 0)).fma(v0, a0);
      a1 = ((FloatVector) w1.and(0x3).convert(I2F, 0)).fma(v0, a1);
      a2 = ((FloatVector) w2.and(0x3).convert(I2F, 0)).fma(v0, a2);
      a3 = ((FloatVector) w3.and(0x3).convert(I2F, 0)).fma(v0, a3);
      FloatVector v1 = FloatVector.fromArray(FLOATS, x, k + Lanes.COUNT);
      b0 = ((FloatVector) w0.and(0x300).convert(I2F, 0)).fma(v1, b0);
      b1 = ((FloatVector) w1.and(0x300).convert(I2F, 0)).fma(v1, b1);
      b2 = ((FloatVector) w2.and(0x300).convert(I2F, 0)).fma(v1, b2);
      b3 = ((FloatVector) w3.and(0x300).convert(I2F, 0)).fma(v1, b3);
      FloatVector v2 = FloatVector.fromArray(FLOATS, x, k + 2 * Lanes.COUNT);
      a0 = ((FloatVector) w0.and(0x30000).convert(I2F, 0)).fma(v2, a0);
      a1 = ((FloatVector) w1.and(0x30000).convert(I2F, 0)).fma(v2, a1);
      a2 = ((FloatVector) w2.and(0x30000).convert(I2F, 0)).fma(v2, a2);
      a3 = ((FloatVector) w3.and(0x30000).convert(I2F, 0)).fma(v2, a3);
      FloatVector v3 = FloatVector.fromArray(FLOATS, x, k + 3 * Lanes.COUNT);
      b0 = ((FloatVector) w0.and(0x3000000).convert(I2F, 0)).fma(v3, b0);
      b1 = ((FloatVector) w1.and(0x3000000).convert(I2F, 0)).fma(v3, b1);
      b2 = ((FloatVector) w2.and(0x3000000).convert(I2F, 0)).fma(v3, b2);
      b3 = ((FloatVector) w3.and(0x3000000).convert(I2F, 0)).fma(v3, b3);
      w0 = w0.lanewise(LSHR, 2);
      w1 = w1.lanewise(LSHR, 2);
      w2 = w2.lanewise(LSHR, 2);
      w3 = w3.lanewise(LSHR, 2);
      FloatVector v4 = FloatVector.fromArray(FLOATS, x, k + 4 * Lanes.COUNT);
      a0 = ((FloatVector) w0.and(0x3).convert(I2F, 0)).fma(v4, a0);
      a1 = ((FloatVector) w1.and(0x3).convert(I2F, 0)).fma(v4, a1);
      a2 = ((FloatVector) w2.and(0x3).convert(I2F, 0)).fma(v4, a2);
      a3 = ((FloatVector) w3.and(0x3).convert(I2F, 0)).fma(v4, a3);
      FloatVector v5 = FloatVector.fromArray(FLOATS, x, k + 5 * Lanes.COUNT);
      b0 = ((FloatVector) w0.and(0x300).convert(I2F, 0)).fma(v5, b0);
      b1 = ((FloatVector) w1.and(0x300).convert(I2F, 0)).fma(v5, b1);
      b2 = ((FloatVector) w2.and(0x300).convert(I2F, 0)).fma(v5, b2);
      b3 = ((FloatVector) w3.and(0x300).convert(I2F, 0)).fma(v5, b3);
      FloatVector v6 = FloatVector.fromArray(FLOATS, x, k + 6 * Lanes.COUNT);
      a0 = ((FloatVector) w0.and(0x30000).convert(I2F, 0)).fma(v6, a0);
      a1 = ((FloatVector) w1.and(0x30000).convert(I2F, 0)).fma(v6, a1);
      a2 = ((FloatVector) w2.and(0x30000).convert(I2F, 0)).fma(v6, a2);
      a3 = ((FloatVector) w3.and(0x30000).convert(I2F, 0)).fma(v6, a3);
      FloatVector v7 = FloatVector.fromArray(FLOATS, x, k + 7 * Lanes.COUNT);
      b0 = ((FloatVector) w0.and(0x3000000).convert(I2F, 0)).fma(v7, b0);
      b1 = ((FloatVector) w1.and(0x3000000).convert(I2F, 0)).fma(v7, b1);
      b2 = ((FloatVector) w2.and(0x3000000).convert(I2F, 0)).fma(v7, b2);
      b3 = ((FloatVector) w3.and(0x3000000).convert(I2F, 0)).fma(v7, b3);
      w0 = w0.lanewise(LSHR, 2);
      w1 = w1.lanewise(LSHR, 2);
      w2 = w2.lanewise(LSHR, 2);
      w3 = w3.lanewise(LSHR, 2);
      FloatVector v8 = FloatVector.fromArray(FLOATS, x, k + 8 * Lanes.COUNT);
      a0 = ((FloatVector) w0.and(0x3).convert(I2F, 0)).fma(v8, a0);
      a1 = ((FloatVector) w1.and(0x3).convert(I2F, 0)).fma(v8, a1);
      a2 = ((FloatVector) w2.and(0x3).convert(I2F, 0)).fma(v8, a2);
      a3 = ((FloatVector) w3.and(0x3).convert(I2F, 0)).fma(v8, a3);
      FloatVector v9 = FloatVector.fromArray(FLOATS, x, k + 9 * Lanes.COUNT);
      b0 = ((FloatVector) w0.and(0x300).convert(I2F, 0)).fma(v9, b0);
      b1 = ((FloatVector) w1.and(0x300).convert(I2F, 0)).fma(v9, b1);
      b2 = ((FloatVector) w2.and(0x300).convert(I2F, 0)).fma(v9, b2);
      b3 = ((FloatVector) w3.and(0x300).convert(I2F, 0)).fma(v9, b3);
      FloatVector v10 = FloatVector.fromArray(FLOATS, x, k + 10 * Lanes.COUNT);
      a0 = ((FloatVector) w0.and(0x30000).convert(I2F, 0)).fma(v10, a0);
      a1 = ((FloatVector) w1.and(0x30000).convert(I2F, 0)).fma(v10, a1);
      a2 = ((FloatVector) w2.and(0x30000).convert(I2F, 0)).fma(v10, a2);
      a3 = ((FloatVector) w3.and(0x30000).convert(I2F, 0)).fma(v10, a3);
      FloatVector v11 = FloatVector.fromArray(FLOATS, x, k + 11 * Lanes.COUNT);
      b0 = ((FloatVector) w0.and(0x3000000).convert(I2F, 0)).fma(v11, b0);
      b1 = ((FloatVector) w1.and(0x3000000).convert(I2F, 0)).fma(v11, b1);
      b2 = ((FloatVector) w2.and(0x3000000).convert(I2F, 0)).fma(v11, b2);
      b3 = ((FloatVector) w3.and(0x3000000).convert(I2F, 0)).fma(v11, b3);
      w0 = w0.lanewise(LSHR, 2);
      w1 = w1.lanewise(LSHR, 2);
      w2 = w2.lanewise(LSHR, 2);
      w3 = w3.lanewise(LSHR, 2);
      FloatVector v12 = FloatVector.fromArray(FLOATS, x, k + 12 * Lanes.COUNT);
      a0 = ((FloatVector) w0.and(0x3).convert(I2F, 0)).fma(v12, a0);
      a1 = ((FloatVector) w1.and(0x3).convert(I2F, 0)).fma(v12, a1);
      a2 = ((FloatVector) w2.and(0x3).convert(I2F, 0)).fma(v12, a2);
      a3 = ((FloatVector) w3.and(0x3).convert(I2F, 0)).fma(v12, a3);
      FloatVector v13 = FloatVector.fromArray(FLOATS, x, k + 13 * Lanes.COUNT);
      b0 = ((FloatVector) w0.and(0x300).convert(I2F, 0)).fma(v13, b0);
      b1 = ((FloatVector) w1.and(0x300).convert(I2F, 0)).fma(v13, b1);
      b2 = ((FloatVector) w2.and(0x300).convert(I2F, 0)).fma(v13, b2);
      b3 = ((FloatVector) w3.and(0x300).convert(I2F, 0)).fma(v13, b3);
      FloatVector v14 = FloatVector.fromArray(FLOATS, x, k + 14 * Lanes.COUNT);
      a0 = ((FloatVector) w0.and(0x30000).convert(I2F, 0)).fma(v14, a0);
      a1 = ((FloatVector) w1.and(0x30000).convert(I2F, 0)).fma(v14, a1);
      a2 = ((FloatVector) w2.and(0x30000).convert(I2F, 0)).fma(v14, a2);
      a3 = ((FloatVector) w3.and(0x30000).convert(I2F, 0)).fma(v14, a3);
      FloatVector v15 = FloatVector.fromArray(FLOATS, x, k + 15 * Lanes.COUNT);
      b0 = ((FloatVector) w0.and(0x3000000).convert(I2F, 0)).fma(v15, b0);
      b1 = ((FloatVector) w1.and(0x3000000).convert(I2F, 0)).fma(v15, b1);
      b2 = ((FloatVector) w2.and(0x3000000).convert(I2F, 0)).fma(v15, b2);
      b3 = ((FloatVector) w3.and(0x3000000).convert(I2F, 0)).fma(v15, b3);
    }
    a0.add(b0).intoArray(sums, to);
    a1.add(b1).intoArray(sums, to + Lanes.COUNT);
    a2.add(b2).intoArray(sums, to + 2 * Lanes.COUNT);
    a3.add(b3).intoArray(sums, to + 3 * Lanes.COUNT);
  }

  /**
   * Four rows of int4, each chunk summed for itself.
   *
   * @param x arranged with sections of one chunk, from {@code at} on, the start values from {@code start} on
   * @param sums for each chunk {@link #ROWS} vectors, one for each row, from index 0 on; overwritten
   */
  static void int4Chunks(
      MemorySegment w, long o0, long o1, long o2, long o3, int chunks, float[] x, int at, int start, float[] sums) {
    for (int c = 0; c < chunks; c++) {
      long offset = (long) c * Lanes.BYTES;
      int k = at + c * 8 * Lanes.COUNT;
      FloatVector first = FloatVector.fromArray(FLOATS, x, start + c * Lanes.COUNT);
      FloatVector zero = FloatVector.zero(FLOATS);
      IntVector w0 = IntVector.fromMemorySegment(INTS, w, o0 + offset, Lanes.LITTLE).lanewise(XOR, 0x88888888);
      IntVector w1 = IntVector.fromMemorySegment(INTS, w, o1 + offset, Lanes.LITTLE).lanewise(XOR, 0x88888888);
      IntVector w2 = IntVector.fromMemorySegment(INTS, w, o2 + offset, Lanes.LITTLE).lanewise(XOR, 0x88888888);
      IntVector w3 = IntVector.fromMemorySegment(INTS, w, o3 + offset, Lanes.LITTLE).lanewise(XOR, 0x88888888);
      FloatVector v0 = FloatVector.fromArray(FLOATS, x, k);
      FloatVector a0 = ((FloatVector) w0.and(0xf).convert(I2F, 0)).fma(v0, first);
      FloatVector a1 = ((FloatVector) w1.and(0xf).convert(I2F, 0)).fma(v0, first);
      FloatVector a2 = ((FloatVector) w2.and(0xf).convert(I2F, 0)).fma(v0, first);
      FloatVector a3 = ((FloatVector) w3.and(0xf).convert(I2F, 0)).fma(v0, first);
      FloatVector v1 = FloatVector.fromArray(FLOATS, x, k + Lanes.COUNT);
      FloatVector b0 = ((FloatVector) w0.and(0xf00).convert(I2F, 0)).fma(v1, zero);
      FloatVector b1 = ((FloatVector) w1.and(0xf00).convert(I2F, 0)).fma(v1, zero);
      FloatVector b2 = ((FloatVector) w2.and(0xf00).convert(I2F, 0)).fma(v1, zero);
      FloatVector b3 = ((FloatVector) w3.and(0xf00).convert(I2F, 0)).fma(v1, zero);
      FloatVector v2 = FloatVector.fromArray(FLOATS, x, k + 2 * Lanes.COUNT);
      a0 = ((FloatVector) w0.and(0xf0000).convert(I2F, 0)).fma(v2, a0);
      a1 = ((FloatVector) w1.and(0xf0000).convert(I2F, 0)).fma(v2, a1);
      a2 = ((FloatVector) w2.and(0xf0000).convert(I2F, 0)).fma(v2, a2);
      a3 = ((FloatVector) w3.and(0xf0000).convert(I2F, 0)).fma(v2, a3);
      FloatVector v3 = FloatVector.fromArray(FLOATS, x, k + 3 * Lanes.COUNT);
      b0 = ((FloatVector) w0.and(0xf000000).convert(I2F, 0)).fma(v3, b0);
      b1 = ((FloatVector) w1.and(0xf000000).convert(I2F, 0)).fma(v3, b1);
      b2 = ((FloatVector) w2.and(0xf000000).convert(I2F, 0)).fma(v3, b2);
      b3 = ((FloatVector) w3.and(0xf000000).convert(I2F, 0)).fma(v3, b3);
      IntVector h0 = w0.lanewise(LSHR, 4);
      IntVector h1 = w1.lanewise(LSHR, 4);
      IntVector h2 = w2.lanewise(LSHR, 4);
      IntVector h3 = w3.lanewise(LSHR, 4);
      FloatVector v4 = FloatVector.fromArray(FLOATS, x, k + 4 * Lanes.COUNT);
      a0 = ((FloatVector) h0.and(0xf).convert(I2F, 0)).fma(v4, a0);
      a1 = ((FloatVector) h1.and(0xf).convert(I2F, 0)).fma(v4, a1);
      a2 = ((FloatVector) h2.and(0xf).convert(I2F, 0)).fma(v4, a2);
      a3 = ((FloatVector) h3.and(0xf).convert(I2F, 0)).fma(v4, a3);
      FloatVector v5 = FloatVector.fromArray(FLOATS, x, k + 5 * Lanes.COUNT);
      b0 = ((FloatVector) h0.and(0xf00).convert(I2F, 0)).fma(v5, b0);
      b1 = ((FloatVector) h1.and(0xf00).convert(I2F, 0)).fma(v5, b1);
      b2 = ((FloatVector) h2.and(0xf00).convert(I2F, 0)).fma(v5, b2);
      b3 = ((FloatVector) h3.and(0xf00).convert(I2F, 0)).fma(v5, b3);
      FloatVector v6 = FloatVector.fromArray(FLOATS, x, k + 6 * Lanes.COUNT);
      a0 = ((FloatVector) h0.and(0xf0000).convert(I2F, 0)).fma(v6, a0);
      a1 = ((FloatVector) h1.and(0xf0000).convert(I2F, 0)).fma(v6, a1);
      a2 = ((FloatVector) h2.and(0xf0000).convert(I2F, 0)).fma(v6, a2);
      a3 = ((FloatVector) h3.and(0xf0000).convert(I2F, 0)).fma(v6, a3);
      FloatVector v7 = FloatVector.fromArray(FLOATS, x, k + 7 * Lanes.COUNT);
      b0 = ((FloatVector) h0.and(0xf000000).convert(I2F, 0)).fma(v7, b0);
      b1 = ((FloatVector) h1.and(0xf000000).convert(I2F, 0)).fma(v7, b1);
      b2 = ((FloatVector) h2.and(0xf000000).convert(I2F, 0)).fma(v7, b2);
      b3 = ((FloatVector) h3.and(0xf000000).convert(I2F, 0)).fma(v7, b3);
      int to = c * ROWS * Lanes.COUNT;
      a0.add(b0).intoArray(sums, to);
      a1.add(b1).intoArray(sums, to + Lanes.COUNT);
      a2.add(b2).intoArray(sums, to + 2 * Lanes.COUNT);
      a3.add(b3).intoArray(sums, to + 3 * Lanes.COUNT);
    }
  }
}
