package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;

/**
 * The inner loop of all products of many rows: {@code sums[m][n] = fma(x[m][k], panel[k][n], sums[m][n])} for k in
 * order, with lanes along the outputs n. A panel is {@link #WIDTH} outputs wide.
 *
 * <p>One chain for each output, so a row's result is the same in whichever tile it runs. The sums are local variables
 * by name: C2 keeps those in registers, arrays of vectors it does not.
 */
final class VectorTile {
  /** Vectors side by side: 16 sums, 4 weights and an activation fit the 32 registers of AVX-512 and NEON. */
  static final int VECTORS = 4;

  /** Outputs in a panel. */
  static final int WIDTH = VECTORS * Lanes.COUNT;

  /** Rows in a tile. */
  static final int ROWS = 4;

  private VectorTile() {}

  /**
   * Adds {@code inner} columns to the sums of {@link #ROWS} rows.
   *
   * @param panel rows of {@link #WIDTH} values, from {@code p} on
   * @param x the first row's values from {@code at} on, the next row {@code stride} further
   * @param sums {@code ROWS x WIDTH} values from {@code s} on
   */
  static void addRows(float[] panel, int p, int inner, float[] x, int at, int stride, float[] sums, int s) {
    int at1 = at + stride;
    int at2 = at1 + stride;
    int at3 = at2 + stride;
    FloatVector s00 = FloatVector.fromArray(FLOATS, sums, s);
    FloatVector s01 = FloatVector.fromArray(FLOATS, sums, s + Lanes.COUNT);
    FloatVector s02 = FloatVector.fromArray(FLOATS, sums, s + 2 * Lanes.COUNT);
    FloatVector s03 = FloatVector.fromArray(FLOATS, sums, s + 3 * Lanes.COUNT);
    FloatVector s10 = FloatVector.fromArray(FLOATS, sums, s + 4 * Lanes.COUNT);
    FloatVector s11 = FloatVector.fromArray(FLOATS, sums, s + 5 * Lanes.COUNT);
    FloatVector s12 = FloatVector.fromArray(FLOATS, sums, s + 6 * Lanes.COUNT);
    FloatVector s13 = FloatVector.fromArray(FLOATS, sums, s + 7 * Lanes.COUNT);
    FloatVector s20 = FloatVector.fromArray(FLOATS, sums, s + 8 * Lanes.COUNT);
    FloatVector s21 = FloatVector.fromArray(FLOATS, sums, s + 9 * Lanes.COUNT);
    FloatVector s22 = FloatVector.fromArray(FLOATS, sums, s + 10 * Lanes.COUNT);
    FloatVector s23 = FloatVector.fromArray(FLOATS, sums, s + 11 * Lanes.COUNT);
    FloatVector s30 = FloatVector.fromArray(FLOATS, sums, s + 12 * Lanes.COUNT);
    FloatVector s31 = FloatVector.fromArray(FLOATS, sums, s + 13 * Lanes.COUNT);
    FloatVector s32 = FloatVector.fromArray(FLOATS, sums, s + 14 * Lanes.COUNT);
    FloatVector s33 = FloatVector.fromArray(FLOATS, sums, s + 15 * Lanes.COUNT);
    for (int k = 0; k < inner; k++) {
      int w = p + k * WIDTH;
      FloatVector w0 = FloatVector.fromArray(FLOATS, panel, w);
      FloatVector w1 = FloatVector.fromArray(FLOATS, panel, w + Lanes.COUNT);
      FloatVector w2 = FloatVector.fromArray(FLOATS, panel, w + 2 * Lanes.COUNT);
      FloatVector w3 = FloatVector.fromArray(FLOATS, panel, w + 3 * Lanes.COUNT);
      FloatVector value = FloatVector.broadcast(FLOATS, x[at + k]);
      s00 = value.fma(w0, s00);
      s01 = value.fma(w1, s01);
      s02 = value.fma(w2, s02);
      s03 = value.fma(w3, s03);
      value = FloatVector.broadcast(FLOATS, x[at1 + k]);
      s10 = value.fma(w0, s10);
      s11 = value.fma(w1, s11);
      s12 = value.fma(w2, s12);
      s13 = value.fma(w3, s13);
      value = FloatVector.broadcast(FLOATS, x[at2 + k]);
      s20 = value.fma(w0, s20);
      s21 = value.fma(w1, s21);
      s22 = value.fma(w2, s22);
      s23 = value.fma(w3, s23);
      value = FloatVector.broadcast(FLOATS, x[at3 + k]);
      s30 = value.fma(w0, s30);
      s31 = value.fma(w1, s31);
      s32 = value.fma(w2, s32);
      s33 = value.fma(w3, s33);
    }
    s00.intoArray(sums, s);
    s01.intoArray(sums, s + Lanes.COUNT);
    s02.intoArray(sums, s + 2 * Lanes.COUNT);
    s03.intoArray(sums, s + 3 * Lanes.COUNT);
    s10.intoArray(sums, s + 4 * Lanes.COUNT);
    s11.intoArray(sums, s + 5 * Lanes.COUNT);
    s12.intoArray(sums, s + 6 * Lanes.COUNT);
    s13.intoArray(sums, s + 7 * Lanes.COUNT);
    s20.intoArray(sums, s + 8 * Lanes.COUNT);
    s21.intoArray(sums, s + 9 * Lanes.COUNT);
    s22.intoArray(sums, s + 10 * Lanes.COUNT);
    s23.intoArray(sums, s + 11 * Lanes.COUNT);
    s30.intoArray(sums, s + 12 * Lanes.COUNT);
    s31.intoArray(sums, s + 13 * Lanes.COUNT);
    s32.intoArray(sums, s + 14 * Lanes.COUNT);
    s33.intoArray(sums, s + 15 * Lanes.COUNT);
  }

  /** The same for one row. */
  static void addRow(float[] panel, int p, int inner, float[] x, int at, float[] sums, int s) {
    FloatVector s0 = FloatVector.fromArray(FLOATS, sums, s);
    FloatVector s1 = FloatVector.fromArray(FLOATS, sums, s + Lanes.COUNT);
    FloatVector s2 = FloatVector.fromArray(FLOATS, sums, s + 2 * Lanes.COUNT);
    FloatVector s3 = FloatVector.fromArray(FLOATS, sums, s + 3 * Lanes.COUNT);
    for (int k = 0; k < inner; k++) {
      int w = p + k * WIDTH;
      FloatVector value = FloatVector.broadcast(FLOATS, x[at + k]);
      s0 = value.fma(FloatVector.fromArray(FLOATS, panel, w), s0);
      s1 = value.fma(FloatVector.fromArray(FLOATS, panel, w + Lanes.COUNT), s1);
      s2 = value.fma(FloatVector.fromArray(FLOATS, panel, w + 2 * Lanes.COUNT), s2);
      s3 = value.fma(FloatVector.fromArray(FLOATS, panel, w + 3 * Lanes.COUNT), s3);
    }
    s0.intoArray(sums, s);
    s1.intoArray(sums, s + Lanes.COUNT);
    s2.intoArray(sums, s + 2 * Lanes.COUNT);
    s3.intoArray(sums, s + 3 * Lanes.COUNT);
  }
}
