package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.FLOATS;
import static io.picaflor.kernels.Lanes.INTS;
import static io.picaflor.kernels.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/**
 * {@link KvTile} on bf16, to the same sums.
 *
 * <p>A vector of 32-bit words holds two neighbouring columns in each: shifted and masked they are the floats of the even and
 * the odd columns. Sums are parted so when they are loaded and woven together when they are stored.
 */
final class KvHalfTile {
  private static final VectorShuffle<Float> EVEN = VectorShuffle.makeUnzip(FLOATS, 0);
  private static final VectorShuffle<Float> ODD = VectorShuffle.makeUnzip(FLOATS, 1);
  private static final VectorShuffle<Float> FIRST = VectorShuffle.makeZip(FLOATS, 0);
  private static final VectorShuffle<Float> SECOND = VectorShuffle.makeZip(FLOATS, 1);

  /** A bf16 is the upper half of a float32. */
  private static final int HALF = 16;

  private static final int UPPER = 0xffff_0000;

  private KvHalfTile() {}

  /** As {@link KvTile#addRows}. */
  static void addRows(
      MemorySegment memory, long at, long stride, int inner, float[] x, int xAt, int xStride, float[] sums, int s,
      int sStride) {
    int x1 = xAt + xStride;
    int s1 = s + sStride;
    int x2 = x1 + xStride;
    int s2 = s1 + sStride;
    int x3 = x2 + xStride;
    int s3 = s2 + sStride;
    FloatVector left = FloatVector.fromArray(FLOATS, sums, s);
    FloatVector right = FloatVector.fromArray(FLOATS, sums, s + Lanes.COUNT);
    FloatVector a00 = left.rearrange(EVEN, right);
    FloatVector a01 = left.rearrange(ODD, right);
    left = FloatVector.fromArray(FLOATS, sums, s + 2 * Lanes.COUNT);
    right = FloatVector.fromArray(FLOATS, sums, s + 3 * Lanes.COUNT);
    FloatVector a02 = left.rearrange(EVEN, right);
    FloatVector a03 = left.rearrange(ODD, right);
    left = FloatVector.fromArray(FLOATS, sums, s1);
    right = FloatVector.fromArray(FLOATS, sums, s1 + Lanes.COUNT);
    FloatVector a10 = left.rearrange(EVEN, right);
    FloatVector a11 = left.rearrange(ODD, right);
    left = FloatVector.fromArray(FLOATS, sums, s1 + 2 * Lanes.COUNT);
    right = FloatVector.fromArray(FLOATS, sums, s1 + 3 * Lanes.COUNT);
    FloatVector a12 = left.rearrange(EVEN, right);
    FloatVector a13 = left.rearrange(ODD, right);
    left = FloatVector.fromArray(FLOATS, sums, s2);
    right = FloatVector.fromArray(FLOATS, sums, s2 + Lanes.COUNT);
    FloatVector a20 = left.rearrange(EVEN, right);
    FloatVector a21 = left.rearrange(ODD, right);
    left = FloatVector.fromArray(FLOATS, sums, s2 + 2 * Lanes.COUNT);
    right = FloatVector.fromArray(FLOATS, sums, s2 + 3 * Lanes.COUNT);
    FloatVector a22 = left.rearrange(EVEN, right);
    FloatVector a23 = left.rearrange(ODD, right);
    left = FloatVector.fromArray(FLOATS, sums, s3);
    right = FloatVector.fromArray(FLOATS, sums, s3 + Lanes.COUNT);
    FloatVector a30 = left.rearrange(EVEN, right);
    FloatVector a31 = left.rearrange(ODD, right);
    left = FloatVector.fromArray(FLOATS, sums, s3 + 2 * Lanes.COUNT);
    right = FloatVector.fromArray(FLOATS, sums, s3 + 3 * Lanes.COUNT);
    FloatVector a32 = left.rearrange(EVEN, right);
    FloatVector a33 = left.rearrange(ODD, right);
    long row = at;
    for (int k = 0; k < inner; k++) {
      IntVector words = IntVector.fromMemorySegment(INTS, memory, row, ORDER);
      FloatVector w0 = words.lanewise(VectorOperators.LSHL, HALF).reinterpretAsFloats();
      FloatVector w1 = words.and(UPPER).reinterpretAsFloats();
      words = IntVector.fromMemorySegment(INTS, memory, row + Lanes.BYTES, ORDER);
      FloatVector w2 = words.lanewise(VectorOperators.LSHL, HALF).reinterpretAsFloats();
      FloatVector w3 = words.and(UPPER).reinterpretAsFloats();
      FloatVector factor = FloatVector.broadcast(FLOATS, x[xAt + k]);
      a00 = factor.fma(w0, a00);
      a01 = factor.fma(w1, a01);
      a02 = factor.fma(w2, a02);
      a03 = factor.fma(w3, a03);
      factor = FloatVector.broadcast(FLOATS, x[x1 + k]);
      a10 = factor.fma(w0, a10);
      a11 = factor.fma(w1, a11);
      a12 = factor.fma(w2, a12);
      a13 = factor.fma(w3, a13);
      factor = FloatVector.broadcast(FLOATS, x[x2 + k]);
      a20 = factor.fma(w0, a20);
      a21 = factor.fma(w1, a21);
      a22 = factor.fma(w2, a22);
      a23 = factor.fma(w3, a23);
      factor = FloatVector.broadcast(FLOATS, x[x3 + k]);
      a30 = factor.fma(w0, a30);
      a31 = factor.fma(w1, a31);
      a32 = factor.fma(w2, a32);
      a33 = factor.fma(w3, a33);
      row += stride;
    }
    a00.rearrange(FIRST, a01).intoArray(sums, s);
    a00.rearrange(SECOND, a01).intoArray(sums, s + Lanes.COUNT);
    a02.rearrange(FIRST, a03).intoArray(sums, s + 2 * Lanes.COUNT);
    a02.rearrange(SECOND, a03).intoArray(sums, s + 3 * Lanes.COUNT);
    a10.rearrange(FIRST, a11).intoArray(sums, s1);
    a10.rearrange(SECOND, a11).intoArray(sums, s1 + Lanes.COUNT);
    a12.rearrange(FIRST, a13).intoArray(sums, s1 + 2 * Lanes.COUNT);
    a12.rearrange(SECOND, a13).intoArray(sums, s1 + 3 * Lanes.COUNT);
    a20.rearrange(FIRST, a21).intoArray(sums, s2);
    a20.rearrange(SECOND, a21).intoArray(sums, s2 + Lanes.COUNT);
    a22.rearrange(FIRST, a23).intoArray(sums, s2 + 2 * Lanes.COUNT);
    a22.rearrange(SECOND, a23).intoArray(sums, s2 + 3 * Lanes.COUNT);
    a30.rearrange(FIRST, a31).intoArray(sums, s3);
    a30.rearrange(SECOND, a31).intoArray(sums, s3 + Lanes.COUNT);
    a32.rearrange(FIRST, a33).intoArray(sums, s3 + 2 * Lanes.COUNT);
    a32.rearrange(SECOND, a33).intoArray(sums, s3 + 3 * Lanes.COUNT);
  }

  /** As {@link KvTile#addRow}. */
  static void addRow(
      MemorySegment memory, long at, long stride, int inner, float[] x, int xAt, float[] sums, int s) {
    FloatVector left = FloatVector.fromArray(FLOATS, sums, s);
    FloatVector right = FloatVector.fromArray(FLOATS, sums, s + Lanes.COUNT);
    FloatVector a00 = left.rearrange(EVEN, right);
    FloatVector a01 = left.rearrange(ODD, right);
    left = FloatVector.fromArray(FLOATS, sums, s + 2 * Lanes.COUNT);
    right = FloatVector.fromArray(FLOATS, sums, s + 3 * Lanes.COUNT);
    FloatVector a02 = left.rearrange(EVEN, right);
    FloatVector a03 = left.rearrange(ODD, right);
    long row = at;
    for (int k = 0; k < inner; k++) {
      IntVector words = IntVector.fromMemorySegment(INTS, memory, row, ORDER);
      FloatVector w0 = words.lanewise(VectorOperators.LSHL, HALF).reinterpretAsFloats();
      FloatVector w1 = words.and(UPPER).reinterpretAsFloats();
      words = IntVector.fromMemorySegment(INTS, memory, row + Lanes.BYTES, ORDER);
      FloatVector w2 = words.lanewise(VectorOperators.LSHL, HALF).reinterpretAsFloats();
      FloatVector w3 = words.and(UPPER).reinterpretAsFloats();
      FloatVector factor = FloatVector.broadcast(FLOATS, x[xAt + k]);
      a00 = factor.fma(w0, a00);
      a01 = factor.fma(w1, a01);
      a02 = factor.fma(w2, a02);
      a03 = factor.fma(w3, a03);
      row += stride;
    }
    a00.rearrange(FIRST, a01).intoArray(sums, s);
    a00.rearrange(SECOND, a01).intoArray(sums, s + Lanes.COUNT);
    a02.rearrange(FIRST, a03).intoArray(sums, s + 2 * Lanes.COUNT);
    a02.rearrange(SECOND, a03).intoArray(sums, s + 3 * Lanes.COUNT);
  }
}
