package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.BYTES;
import static io.picaflor.kernels.Lanes.COUNT;
import static io.picaflor.kernels.Lanes.FLOATS;
import static io.picaflor.kernels.Lanes.INTS;
import static io.picaflor.kernels.Lanes.ORDER;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Exact dot products of one row of activations with a panel of packed integers ({@link VectorLayout}): the decode step's hot
 * loop. Lanes run along the outputs.
 *
 * <p>A weight is cut out of its word by a mask and not shifted down: {@code w * 2^(8 j)} in byte {@code j} meets an
 * activation that was multiplied by {@code 2^(-8 j)} beforehand. Masks give weights plus half of their range, and the sums
 * start at the negative of what that adds; {@link VectorFewRows} prepares both.
 *
 * <p>All products and sums are integers below 2^24 and so exact in float32, in any order, in sections of {@link
 * #sectionColumns}: {@code 512 * 255 * 128 = 16,711,680}; on the way a sum that holds the start is at most {@code 384 * 255 *
 * 128}, another one {@code 128 * 255 * 255}. Narrower integers stay below.
 *
 * <p>The loops are written out: where a helper method took and gave back a vector, C2 boxed the sums, and the loop ran
 * twenty times slower. Two vectors wide: with four, C2 kept sums in memory, and int4 ran at half the speed.
 */
final class VectorDot {
  private VectorDot() {}

  /** Columns whose sums are exact in float32. */
  static int sectionColumns(int bits) {
    return switch (bits) {
      case 8 -> 512;
      case 4 -> 8192;
      case 2 -> 32_768;
      default -> throw new AssertionError(bits);
    };
  }

  /**
   * One section of a panel of int8.
   *
   * @param w the section's words begin at {@code o}
   * @param words of this section
   * @param x the section's activations from {@code k} on
   * @param start what the sums start at
   * @param sums {@link VectorLayout#PANEL} values from {@code s} on; overwritten
   */
  static void int8(MemorySegment w, long o, int words, float[] x, int k, float start, float[] sums, int s) {
    FloatVector a0 = FloatVector.broadcast(FLOATS, start);
    FloatVector b0 = FloatVector.zero(FLOATS);
    FloatVector c0 = b0;
    FloatVector d0 = b0;
    FloatVector a1 = a0;
    FloatVector b1 = b0;
    FloatVector c1 = b0;
    FloatVector d1 = b0;
    Lanes.markFaults(w, o);
    for (int i = 0; i < words; i++) {
      long at = o + (long) i * (2 * BYTES);
      int e = k + 4 * i;
      IntVector w0 = IntVector.fromMemorySegment(INTS, w, at, ORDER);
      IntVector w1 = IntVector.fromMemorySegment(INTS, w, at + BYTES, ORDER);
      FloatVector v = FloatVector.broadcast(FLOATS, x[e]);
      a0 = ((FloatVector) w0.and(0xff).convert(I2F, 0)).fma(v, a0);
      a1 = ((FloatVector) w1.and(0xff).convert(I2F, 0)).fma(v, a1);
      v = FloatVector.broadcast(FLOATS, x[e + 1]);
      b0 = ((FloatVector) w0.and(0xff00).convert(I2F, 0)).fma(v, b0);
      b1 = ((FloatVector) w1.and(0xff00).convert(I2F, 0)).fma(v, b1);
      v = FloatVector.broadcast(FLOATS, x[e + 2]);
      c0 = ((FloatVector) w0.and(0xff_0000).convert(I2F, 0)).fma(v, c0);
      c1 = ((FloatVector) w1.and(0xff_0000).convert(I2F, 0)).fma(v, c1);
      v = FloatVector.broadcast(FLOATS, x[e + 3]);
      d0 = ((FloatVector) w0.and(0xff00_0000).convert(I2F, 0)).fma(v, d0);
      d1 = ((FloatVector) w1.and(0xff00_0000).convert(I2F, 0)).fma(v, d1);
    }
    a0.add(b0).add(c0.add(d0)).intoArray(sums, s);
    a1.add(b1).add(c1.add(d1)).intoArray(sums, s + COUNT);
  }

  /** The same for int4. */
  static void int4(MemorySegment w, long o, int words, float[] x, int k, float start, float[] sums, int s) {
    FloatVector a0 = FloatVector.broadcast(FLOATS, start);
    FloatVector b0 = FloatVector.zero(FLOATS);
    FloatVector a1 = a0;
    FloatVector b1 = b0;
    Lanes.markFaults(w, o);
    for (int i = 0; i < words; i++) {
      long at = o + (long) i * (2 * BYTES);
      int e = k + 8 * i;
      IntVector w0 = IntVector.fromMemorySegment(INTS, w, at, ORDER);
      IntVector w1 = IntVector.fromMemorySegment(INTS, w, at + BYTES, ORDER);
      FloatVector v = FloatVector.broadcast(FLOATS, x[e]);
      a0 = ((FloatVector) w0.and(0xf).convert(I2F, 0)).fma(v, a0);
      a1 = ((FloatVector) w1.and(0xf).convert(I2F, 0)).fma(v, a1);
      v = FloatVector.broadcast(FLOATS, x[e + 2]);
      b0 = ((FloatVector) w0.and(0xf00).convert(I2F, 0)).fma(v, b0);
      b1 = ((FloatVector) w1.and(0xf00).convert(I2F, 0)).fma(v, b1);
      v = FloatVector.broadcast(FLOATS, x[e + 4]);
      a0 = ((FloatVector) w0.and(0xf_0000).convert(I2F, 0)).fma(v, a0);
      a1 = ((FloatVector) w1.and(0xf_0000).convert(I2F, 0)).fma(v, a1);
      v = FloatVector.broadcast(FLOATS, x[e + 6]);
      b0 = ((FloatVector) w0.and(0xf00_0000).convert(I2F, 0)).fma(v, b0);
      b1 = ((FloatVector) w1.and(0xf00_0000).convert(I2F, 0)).fma(v, b1);
      w0 = w0.lanewise(LSHR, 4);
      w1 = w1.lanewise(LSHR, 4);
      v = FloatVector.broadcast(FLOATS, x[e + 1]);
      a0 = ((FloatVector) w0.and(0xf).convert(I2F, 0)).fma(v, a0);
      a1 = ((FloatVector) w1.and(0xf).convert(I2F, 0)).fma(v, a1);
      v = FloatVector.broadcast(FLOATS, x[e + 3]);
      b0 = ((FloatVector) w0.and(0xf00).convert(I2F, 0)).fma(v, b0);
      b1 = ((FloatVector) w1.and(0xf00).convert(I2F, 0)).fma(v, b1);
      v = FloatVector.broadcast(FLOATS, x[e + 5]);
      a0 = ((FloatVector) w0.and(0xf_0000).convert(I2F, 0)).fma(v, a0);
      a1 = ((FloatVector) w1.and(0xf_0000).convert(I2F, 0)).fma(v, a1);
      v = FloatVector.broadcast(FLOATS, x[e + 7]);
      b0 = ((FloatVector) w0.and(0xf00_0000).convert(I2F, 0)).fma(v, b0);
      b1 = ((FloatVector) w1.and(0xf00_0000).convert(I2F, 0)).fma(v, b1);
    }
    a0.add(b0).intoArray(sums, s);
    a1.add(b1).intoArray(sums, s + COUNT);
  }

  /** The same for int2. */
  static void int2(MemorySegment w, long o, int words, float[] x, int k, float start, float[] sums, int s) {
    FloatVector a0 = FloatVector.broadcast(FLOATS, start);
    FloatVector b0 = FloatVector.zero(FLOATS);
    FloatVector a1 = a0;
    FloatVector b1 = b0;
    Lanes.markFaults(w, o);
    for (int i = 0; i < words; i++) {
      long at = o + (long) i * (2 * BYTES);
      IntVector w0 = IntVector.fromMemorySegment(INTS, w, at, ORDER);
      IntVector w1 = IntVector.fromMemorySegment(INTS, w, at + BYTES, ORDER);
      for (int e = k + 16 * i; e < k + 16 * i + 4; e++) {
        FloatVector v = FloatVector.broadcast(FLOATS, x[e]);
        a0 = ((FloatVector) w0.and(0x3).convert(I2F, 0)).fma(v, a0);
        a1 = ((FloatVector) w1.and(0x3).convert(I2F, 0)).fma(v, a1);
        v = FloatVector.broadcast(FLOATS, x[e + 4]);
        b0 = ((FloatVector) w0.and(0x300).convert(I2F, 0)).fma(v, b0);
        b1 = ((FloatVector) w1.and(0x300).convert(I2F, 0)).fma(v, b1);
        v = FloatVector.broadcast(FLOATS, x[e + 8]);
        a0 = ((FloatVector) w0.and(0x3_0000).convert(I2F, 0)).fma(v, a0);
        a1 = ((FloatVector) w1.and(0x3_0000).convert(I2F, 0)).fma(v, a1);
        v = FloatVector.broadcast(FLOATS, x[e + 12]);
        b0 = ((FloatVector) w0.and(0x300_0000).convert(I2F, 0)).fma(v, b0);
        b1 = ((FloatVector) w1.and(0x300_0000).convert(I2F, 0)).fma(v, b1);
        w0 = w0.lanewise(LSHR, 2);
        w1 = w1.lanewise(LSHR, 2);
      }
    }
    a0.add(b0).intoArray(sums, s);
    a1.add(b1).intoArray(sums, s + COUNT);
  }

  /**
   * A panel of int4 in blocks: {@code results[n] = fma(sum_k(x * w), scale[b][n], results[n])} for each block in order.
   *
   * @param w the first block begins at {@code o}
   * @param words of a block
   * @param starts what the sums of each block start at, from {@code st} on
   * @param results {@link VectorLayout#PANEL} values from {@code r} on
   */
  static void blocks(
      MemorySegment w, long o, int blocks, int words, float[] x, int k, float[] starts, int st, float[] results,
      int r) {
    Lanes.markFaults(w, o);
    int e = k;
    for (int b = 0; b < blocks; b++) {
      FloatVector a0 = FloatVector.broadcast(FLOATS, starts[st + b]);
      FloatVector b0 = FloatVector.zero(FLOATS);
      FloatVector a1 = a0;
      FloatVector b1 = b0;
      for (int i = 0; i < words; i++, e += 8, o += 2 * BYTES) {
        IntVector w0 = IntVector.fromMemorySegment(INTS, w, o, ORDER);
        IntVector w1 = IntVector.fromMemorySegment(INTS, w, o + BYTES, ORDER);
        FloatVector v = FloatVector.broadcast(FLOATS, x[e]);
        a0 = ((FloatVector) w0.and(0xf).convert(I2F, 0)).fma(v, a0);
        a1 = ((FloatVector) w1.and(0xf).convert(I2F, 0)).fma(v, a1);
        v = FloatVector.broadcast(FLOATS, x[e + 2]);
        b0 = ((FloatVector) w0.and(0xf00).convert(I2F, 0)).fma(v, b0);
        b1 = ((FloatVector) w1.and(0xf00).convert(I2F, 0)).fma(v, b1);
        v = FloatVector.broadcast(FLOATS, x[e + 4]);
        a0 = ((FloatVector) w0.and(0xf_0000).convert(I2F, 0)).fma(v, a0);
        a1 = ((FloatVector) w1.and(0xf_0000).convert(I2F, 0)).fma(v, a1);
        v = FloatVector.broadcast(FLOATS, x[e + 6]);
        b0 = ((FloatVector) w0.and(0xf00_0000).convert(I2F, 0)).fma(v, b0);
        b1 = ((FloatVector) w1.and(0xf00_0000).convert(I2F, 0)).fma(v, b1);
        w0 = w0.lanewise(LSHR, 4);
        w1 = w1.lanewise(LSHR, 4);
        v = FloatVector.broadcast(FLOATS, x[e + 1]);
        a0 = ((FloatVector) w0.and(0xf).convert(I2F, 0)).fma(v, a0);
        a1 = ((FloatVector) w1.and(0xf).convert(I2F, 0)).fma(v, a1);
        v = FloatVector.broadcast(FLOATS, x[e + 3]);
        b0 = ((FloatVector) w0.and(0xf00).convert(I2F, 0)).fma(v, b0);
        b1 = ((FloatVector) w1.and(0xf00).convert(I2F, 0)).fma(v, b1);
        v = FloatVector.broadcast(FLOATS, x[e + 5]);
        a0 = ((FloatVector) w0.and(0xf_0000).convert(I2F, 0)).fma(v, a0);
        a1 = ((FloatVector) w1.and(0xf_0000).convert(I2F, 0)).fma(v, a1);
        v = FloatVector.broadcast(FLOATS, x[e + 7]);
        b0 = ((FloatVector) w0.and(0xf00_0000).convert(I2F, 0)).fma(v, b0);
        b1 = ((FloatVector) w1.and(0xf00_0000).convert(I2F, 0)).fma(v, b1);
      }
      IntVector scales = IntVector.fromMemorySegment(INTS, w, o, ORDER);
      o += BYTES;
      a0.add(b0)
          .fma(scales.lanewise(LSHL, 16).reinterpretAsFloats(), FloatVector.fromArray(FLOATS, results, r))
          .intoArray(results, r);
      a1.add(b1)
          .fma(scales.and(0xffff_0000).reinterpretAsFloats(), FloatVector.fromArray(FLOATS, results, r + COUNT))
          .intoArray(results, r + COUNT);
    }
  }
}
