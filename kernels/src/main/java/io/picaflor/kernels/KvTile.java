package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.FLOATS;
import static io.picaflor.kernels.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * The inner loop of attention: {@code sums[r][c] = fma(x[r][k], memory[k][c], sums[r][c])} for k in order, with lanes along
 * the columns c of a panel of {@link #WIDTH}.
 *
 * <p>For scores, k are channels and c positions; for results, k are positions and c channels. One chain for each sum, so it
 * is the same in whichever tile its row runs. The sums are local variables by name: C2 keeps those in registers.
 */
final class KvTile {
  /** Columns of a panel. */
  static final int WIDTH = 4 * Lanes.COUNT;

  /** Rows of a tile: 16 sums, 4 columns and a factor fit the 32 registers of AVX-512 and NEON. */
  static final int ROWS = 4;

  private KvTile() {}

  /** Whether blocks of positions are whole panels; with vectors of more than 512 bits they are not. */
  static boolean fitsBlocks() {
    return KvLayout.BLOCK % WIDTH == 0;
  }

  /**
   * Adds to the sums of {@link #ROWS} rows.
   *
   * @param memory float32: the panel's first row begins {@code at} bytes behind the start, the next {@code stride} bytes further
   * @param x the first row's factors from {@code xAt} on, the next row's {@code xStride} further
   * @param sums the first row's from {@code s} on, the next row's {@code sStride} further
   */
  static void addRows(
      MemorySegment memory, long at, long stride, int inner, float[] x, int xAt, int xStride, float[] sums, int s,
      int sStride) {
    int x1 = xAt + xStride;
    int s1 = s + sStride;
    int x2 = x1 + xStride;
    int s2 = s1 + sStride;
    int x3 = x2 + xStride;
    int s3 = s2 + sStride;
    FloatVector a00 = FloatVector.fromArray(FLOATS, sums, s);
    FloatVector a01 = FloatVector.fromArray(FLOATS, sums, s + Lanes.COUNT);
    FloatVector a02 = FloatVector.fromArray(FLOATS, sums, s + 2 * Lanes.COUNT);
    FloatVector a03 = FloatVector.fromArray(FLOATS, sums, s + 3 * Lanes.COUNT);
    FloatVector a10 = FloatVector.fromArray(FLOATS, sums, s1);
    FloatVector a11 = FloatVector.fromArray(FLOATS, sums, s1 + Lanes.COUNT);
    FloatVector a12 = FloatVector.fromArray(FLOATS, sums, s1 + 2 * Lanes.COUNT);
    FloatVector a13 = FloatVector.fromArray(FLOATS, sums, s1 + 3 * Lanes.COUNT);
    FloatVector a20 = FloatVector.fromArray(FLOATS, sums, s2);
    FloatVector a21 = FloatVector.fromArray(FLOATS, sums, s2 + Lanes.COUNT);
    FloatVector a22 = FloatVector.fromArray(FLOATS, sums, s2 + 2 * Lanes.COUNT);
    FloatVector a23 = FloatVector.fromArray(FLOATS, sums, s2 + 3 * Lanes.COUNT);
    FloatVector a30 = FloatVector.fromArray(FLOATS, sums, s3);
    FloatVector a31 = FloatVector.fromArray(FLOATS, sums, s3 + Lanes.COUNT);
    FloatVector a32 = FloatVector.fromArray(FLOATS, sums, s3 + 2 * Lanes.COUNT);
    FloatVector a33 = FloatVector.fromArray(FLOATS, sums, s3 + 3 * Lanes.COUNT);
    long row = at;
    for (int k = 0; k < inner; k++) {
      FloatVector w0 = FloatVector.fromMemorySegment(FLOATS, memory, row, ORDER);
      FloatVector w1 = FloatVector.fromMemorySegment(FLOATS, memory, row + Lanes.BYTES, ORDER);
      FloatVector w2 = FloatVector.fromMemorySegment(FLOATS, memory, row + 2L * Lanes.BYTES, ORDER);
      FloatVector w3 = FloatVector.fromMemorySegment(FLOATS, memory, row + 3L * Lanes.BYTES, ORDER);
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
    a00.intoArray(sums, s);
    a01.intoArray(sums, s + Lanes.COUNT);
    a02.intoArray(sums, s + 2 * Lanes.COUNT);
    a03.intoArray(sums, s + 3 * Lanes.COUNT);
    a10.intoArray(sums, s1);
    a11.intoArray(sums, s1 + Lanes.COUNT);
    a12.intoArray(sums, s1 + 2 * Lanes.COUNT);
    a13.intoArray(sums, s1 + 3 * Lanes.COUNT);
    a20.intoArray(sums, s2);
    a21.intoArray(sums, s2 + Lanes.COUNT);
    a22.intoArray(sums, s2 + 2 * Lanes.COUNT);
    a23.intoArray(sums, s2 + 3 * Lanes.COUNT);
    a30.intoArray(sums, s3);
    a31.intoArray(sums, s3 + Lanes.COUNT);
    a32.intoArray(sums, s3 + 2 * Lanes.COUNT);
    a33.intoArray(sums, s3 + 3 * Lanes.COUNT);
  }

  /** The same for one row. */
  static void addRow(
      MemorySegment memory, long at, long stride, int inner, float[] x, int xAt, float[] sums, int s) {
    FloatVector a00 = FloatVector.fromArray(FLOATS, sums, s);
    FloatVector a01 = FloatVector.fromArray(FLOATS, sums, s + Lanes.COUNT);
    FloatVector a02 = FloatVector.fromArray(FLOATS, sums, s + 2 * Lanes.COUNT);
    FloatVector a03 = FloatVector.fromArray(FLOATS, sums, s + 3 * Lanes.COUNT);
    long row = at;
    for (int k = 0; k < inner; k++) {
      FloatVector w0 = FloatVector.fromMemorySegment(FLOATS, memory, row, ORDER);
      FloatVector w1 = FloatVector.fromMemorySegment(FLOATS, memory, row + Lanes.BYTES, ORDER);
      FloatVector w2 = FloatVector.fromMemorySegment(FLOATS, memory, row + 2L * Lanes.BYTES, ORDER);
      FloatVector w3 = FloatVector.fromMemorySegment(FLOATS, memory, row + 3L * Lanes.BYTES, ORDER);
      FloatVector factor = FloatVector.broadcast(FLOATS, x[xAt + k]);
      a00 = factor.fma(w0, a00);
      a01 = factor.fma(w1, a01);
      a02 = factor.fma(w2, a02);
      a03 = factor.fma(w3, a03);
      row += stride;
    }
    a00.intoArray(sums, s);
    a01.intoArray(sums, s + Lanes.COUNT);
    a02.intoArray(sums, s + 2 * Lanes.COUNT);
    a03.intoArray(sums, s + 3 * Lanes.COUNT);
  }
}
