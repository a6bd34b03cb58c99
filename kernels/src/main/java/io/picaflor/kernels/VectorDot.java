package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.FLOATS;
import static io.picaflor.kernels.Lanes.INTS;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

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
 * <p>All products and sums are integers below 2^24 and so exact in float32, in any order: a section of 32 chunks of int8 ends
 * at most at {@code 32 * 4 * 255 * 128} a lane and 4 times that, {@code 16,711,680}, a group of lanes; on the way a lane
 * holds at most {@code 32 * (3 * 255 * 128 + 4 * 255 * 255)}, shared by two sums. Narrower integers stay below.
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
   * @param sums one vector from {@code to} on: in each group of lanes the sums of the four rows over that group's lanes
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
      IntVector w0 = words(w, o0 + offset).lanewise(VectorOperators.XOR, 0x00808080);
      IntVector w1 = words(w, o1 + offset).lanewise(VectorOperators.XOR, 0x00808080);
      IntVector w2 = words(w, o2 + offset).lanewise(VectorOperators.XOR, 0x00808080);
      IntVector w3 = words(w, o3 + offset).lanewise(VectorOperators.XOR, 0x00808080);
      int k = at + c * 4 * Lanes.COUNT;
      a0 = two(w0, 0xff, x, k, a0);
      a1 = two(w1, 0xff, x, k, a1);
      a2 = two(w2, 0xff, x, k, a2);
      a3 = two(w3, 0xff, x, k, a3);
      b0 = two(w0, 0xff0000, x, k + 2 * Lanes.COUNT, b0);
      b1 = two(w1, 0xff0000, x, k + 2 * Lanes.COUNT, b1);
      b2 = two(w2, 0xff0000, x, k + 2 * Lanes.COUNT, b2);
      b3 = two(w3, 0xff0000, x, k + 2 * Lanes.COUNT, b3);
    }
    Lanes.groupSums(a0.add(b0), a1.add(b1), a2.add(b2), a3.add(b3)).intoArray(sums, to);
  }

  /**
   * One section of four rows of int4.
   *
   * @param w weights; the four rows' parts for this section begin at the byte offsets
   * @param chunks of this section
   * @param x arranged; this section's part begins at {@code at}, its start values at {@code start}
   * @param sums one vector from {@code to} on: in each group of lanes the sums of the four rows over that group's lanes
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
      IntVector w0 = words(w, o0 + offset).lanewise(VectorOperators.XOR, 0x88888888);
      IntVector w1 = words(w, o1 + offset).lanewise(VectorOperators.XOR, 0x88888888);
      IntVector w2 = words(w, o2 + offset).lanewise(VectorOperators.XOR, 0x88888888);
      IntVector w3 = words(w, o3 + offset).lanewise(VectorOperators.XOR, 0x88888888);
      int k = at + c * 8 * Lanes.COUNT;
      a0 = four(w0, 0xf, x, k, a0);
      a1 = four(w1, 0xf, x, k, a1);
      a2 = four(w2, 0xf, x, k, a2);
      a3 = four(w3, 0xf, x, k, a3);
      b0 = four(w0.lanewise(VectorOperators.LSHR, 4), 0xf, x, k + 4 * Lanes.COUNT, b0);
      b1 = four(w1.lanewise(VectorOperators.LSHR, 4), 0xf, x, k + 4 * Lanes.COUNT, b1);
      b2 = four(w2.lanewise(VectorOperators.LSHR, 4), 0xf, x, k + 4 * Lanes.COUNT, b2);
      b3 = four(w3.lanewise(VectorOperators.LSHR, 4), 0xf, x, k + 4 * Lanes.COUNT, b3);
    }
    Lanes.groupSums(a0.add(b0), a1.add(b1), a2.add(b2), a3.add(b3)).intoArray(sums, to);
  }

  /**
   * One section of four rows of int2.
   *
   * @param w weights; the four rows' parts for this section begin at the byte offsets
   * @param chunks of this section
   * @param x arranged; this section's part begins at {@code at}, its start values at {@code start}
   * @param sums one vector from {@code to} on: in each group of lanes the sums of the four rows over that group's lanes
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
      IntVector w0 = words(w, o0 + offset).lanewise(VectorOperators.XOR, 0xaaaaaaaa);
      IntVector w1 = words(w, o1 + offset).lanewise(VectorOperators.XOR, 0xaaaaaaaa);
      IntVector w2 = words(w, o2 + offset).lanewise(VectorOperators.XOR, 0xaaaaaaaa);
      IntVector w3 = words(w, o3 + offset).lanewise(VectorOperators.XOR, 0xaaaaaaaa);
      int k = at + c * 16 * Lanes.COUNT;
      a0 = four(w0, 0x3, x, k, a0);
      a1 = four(w1, 0x3, x, k, a1);
      a2 = four(w2, 0x3, x, k, a2);
      a3 = four(w3, 0x3, x, k, a3);
      b0 = four(w0.lanewise(VectorOperators.LSHR, 2), 0x3, x, k + 4 * Lanes.COUNT, b0);
      b1 = four(w1.lanewise(VectorOperators.LSHR, 2), 0x3, x, k + 4 * Lanes.COUNT, b1);
      b2 = four(w2.lanewise(VectorOperators.LSHR, 2), 0x3, x, k + 4 * Lanes.COUNT, b2);
      b3 = four(w3.lanewise(VectorOperators.LSHR, 2), 0x3, x, k + 4 * Lanes.COUNT, b3);
      a0 = four(w0.lanewise(VectorOperators.LSHR, 4), 0x3, x, k + 8 * Lanes.COUNT, a0);
      a1 = four(w1.lanewise(VectorOperators.LSHR, 4), 0x3, x, k + 8 * Lanes.COUNT, a1);
      a2 = four(w2.lanewise(VectorOperators.LSHR, 4), 0x3, x, k + 8 * Lanes.COUNT, a2);
      a3 = four(w3.lanewise(VectorOperators.LSHR, 4), 0x3, x, k + 8 * Lanes.COUNT, a3);
      b0 = four(w0.lanewise(VectorOperators.LSHR, 6), 0x3, x, k + 12 * Lanes.COUNT, b0);
      b1 = four(w1.lanewise(VectorOperators.LSHR, 6), 0x3, x, k + 12 * Lanes.COUNT, b1);
      b2 = four(w2.lanewise(VectorOperators.LSHR, 6), 0x3, x, k + 12 * Lanes.COUNT, b2);
      b3 = four(w3.lanewise(VectorOperators.LSHR, 6), 0x3, x, k + 12 * Lanes.COUNT, b3);
    }
    Lanes.groupSums(a0.add(b0), a1.add(b1), a2.add(b2), a3.add(b3)).intoArray(sums, to);
  }

  /**
   * Four rows of int4, each group of lanes (32 columns) summed for itself.
   *
   * @param x arranged with sections of one chunk, from {@code at} on, the start values from {@code start} on
   * @param sums a vector for each chunk, from index 0 on: group {@code g} of the row is at {@code 4 * g + row}
   */
  static void int4Groups(
      MemorySegment w, long o0, long o1, long o2, long o3, int chunks, float[] x, int at, int start, float[] sums) {
    for (int c = 0; c < chunks; c++) {
      long offset = (long) c * Lanes.BYTES;
      int k = at + c * 8 * Lanes.COUNT;
      IntVector w0 = words(w, o0 + offset).lanewise(VectorOperators.XOR, 0x88888888);
      IntVector w1 = words(w, o1 + offset).lanewise(VectorOperators.XOR, 0x88888888);
      IntVector w2 = words(w, o2 + offset).lanewise(VectorOperators.XOR, 0x88888888);
      IntVector w3 = words(w, o3 + offset).lanewise(VectorOperators.XOR, 0x88888888);
      FloatVector first = FloatVector.fromArray(FLOATS, x, start + c * Lanes.COUNT);
      FloatVector zero = FloatVector.zero(FLOATS);
      FloatVector a0 = four(w0, 0xf, x, k, first);
      FloatVector a1 = four(w1, 0xf, x, k, first);
      FloatVector a2 = four(w2, 0xf, x, k, first);
      FloatVector a3 = four(w3, 0xf, x, k, first);
      FloatVector b0 = four(w0.lanewise(VectorOperators.LSHR, 4), 0xf, x, k + 4 * Lanes.COUNT, zero);
      FloatVector b1 = four(w1.lanewise(VectorOperators.LSHR, 4), 0xf, x, k + 4 * Lanes.COUNT, zero);
      FloatVector b2 = four(w2.lanewise(VectorOperators.LSHR, 4), 0xf, x, k + 4 * Lanes.COUNT, zero);
      FloatVector b3 = four(w3.lanewise(VectorOperators.LSHR, 4), 0xf, x, k + 4 * Lanes.COUNT, zero);
      Lanes.groupSums(a0.add(b0), a1.add(b1), a2.add(b2), a3.add(b3)).intoArray(sums, c * Lanes.COUNT);
    }
  }

  private static IntVector words(MemorySegment w, long offset) {
    return IntVector.fromMemorySegment(INTS, w, offset, Lanes.LITTLE);
  }

  /** Adds the products of two fields, a byte apart. */
  private static FloatVector two(IntVector word, int mask, float[] x, int at, FloatVector sum) {
    return field(word, mask << 8, x, at + Lanes.COUNT, field(word, mask, x, at, sum));
  }

  /** Adds the products of four fields, a byte apart. */
  private static FloatVector four(IntVector word, int mask, float[] x, int at, FloatVector sum) {
    return two(word, mask << 16, x, at + 2 * Lanes.COUNT, two(word, mask, x, at, sum));
  }

  private static FloatVector field(IntVector word, int mask, float[] x, int at, FloatVector sum) {
    FloatVector weights = (FloatVector) word.and(mask).convert(VectorOperators.I2F, 0);
    return weights.fma(FloatVector.fromArray(FLOATS, x, at), sum);
  }
}
