package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;

/**
 * The inner loop of products of many rows with integers: {@code results[m][n] = fma(sum_k(x[m][k] * panel[k][n]), scale[n],
 * results[m][n])}, with lanes along the outputs n. The inner sum is exact where x and panel are small integers.
 *
 * <p>Shaped as {@link VectorTile}, which is for floats: there one chain runs through all columns.
 */
final class VectorScaledTile {
  private static final int WIDTH = VectorTile.WIDTH;

  private VectorScaledTile() {}

  /**
   * Multiplies the sums over {@code inner} columns by a scale for each output and adds them, fused, to the results of {@link
   * VectorTile#ROWS} rows.
   *
   * @param panel rows of {@link VectorTile#WIDTH} values, from {@code p} on
   * @param x the first row's values from {@code at} on, the next row {@code stride} further
   * @param scales {@code WIDTH} values from {@code c} on
   * @param results {@code ROWS x WIDTH} values from {@code r} on
   */
  static void addRows(
      float[] panel, int p, int inner, float[] x, int at, int stride, float[] scales, int c, float[] results, int r) {
    int at1 = at + stride;
    int at2 = at1 + stride;
    int at3 = at2 + stride;
    FloatVector s00 = FloatVector.zero(FLOATS);
    FloatVector s01 = s00;
    FloatVector s02 = s00;
    FloatVector s03 = s00;
    FloatVector s10 = s00;
    FloatVector s11 = s00;
    FloatVector s12 = s00;
    FloatVector s13 = s00;
    FloatVector s20 = s00;
    FloatVector s21 = s00;
    FloatVector s22 = s00;
    FloatVector s23 = s00;
    FloatVector s30 = s00;
    FloatVector s31 = s00;
    FloatVector s32 = s00;
    FloatVector s33 = s00;
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
    FloatVector scale = FloatVector.fromArray(FLOATS, scales, c);
    s00.fma(scale, FloatVector.fromArray(FLOATS, results, r)).intoArray(results, r);
    s10.fma(scale, FloatVector.fromArray(FLOATS, results, r + 4 * Lanes.COUNT)).intoArray(results, r + 4 * Lanes.COUNT);
    s20.fma(scale, FloatVector.fromArray(FLOATS, results, r + 8 * Lanes.COUNT)).intoArray(results, r + 8 * Lanes.COUNT);
    s30.fma(scale, FloatVector.fromArray(FLOATS, results, r + 12 * Lanes.COUNT)).intoArray(results,
        r + 12 * Lanes.COUNT);
    scale = FloatVector.fromArray(FLOATS, scales, c + Lanes.COUNT);
    s01.fma(scale, FloatVector.fromArray(FLOATS, results, r + Lanes.COUNT)).intoArray(results, r + Lanes.COUNT);
    s11.fma(scale, FloatVector.fromArray(FLOATS, results, r + 5 * Lanes.COUNT)).intoArray(results, r + 5 * Lanes.COUNT);
    s21.fma(scale, FloatVector.fromArray(FLOATS, results, r + 9 * Lanes.COUNT)).intoArray(results, r + 9 * Lanes.COUNT);
    s31.fma(scale, FloatVector.fromArray(FLOATS, results, r + 13 * Lanes.COUNT)).intoArray(results,
        r + 13 * Lanes.COUNT);
    scale = FloatVector.fromArray(FLOATS, scales, c + 2 * Lanes.COUNT);
    s02.fma(scale, FloatVector.fromArray(FLOATS, results, r + 2 * Lanes.COUNT)).intoArray(results, r + 2 * Lanes.COUNT);
    s12.fma(scale, FloatVector.fromArray(FLOATS, results, r + 6 * Lanes.COUNT)).intoArray(results, r + 6 * Lanes.COUNT);
    s22.fma(scale, FloatVector.fromArray(FLOATS, results, r + 10 * Lanes.COUNT)).intoArray(results,
        r + 10 * Lanes.COUNT);
    s32.fma(scale, FloatVector.fromArray(FLOATS, results, r + 14 * Lanes.COUNT)).intoArray(results,
        r + 14 * Lanes.COUNT);
    scale = FloatVector.fromArray(FLOATS, scales, c + 3 * Lanes.COUNT);
    s03.fma(scale, FloatVector.fromArray(FLOATS, results, r + 3 * Lanes.COUNT)).intoArray(results, r + 3 * Lanes.COUNT);
    s13.fma(scale, FloatVector.fromArray(FLOATS, results, r + 7 * Lanes.COUNT)).intoArray(results, r + 7 * Lanes.COUNT);
    s23.fma(scale, FloatVector.fromArray(FLOATS, results, r + 11 * Lanes.COUNT)).intoArray(results,
        r + 11 * Lanes.COUNT);
    s33.fma(scale, FloatVector.fromArray(FLOATS, results, r + 15 * Lanes.COUNT)).intoArray(results,
        r + 15 * Lanes.COUNT);
  }

  /** The same for one row. */
  static void addRow(
      float[] panel, int p, int inner, float[] x, int at, float[] scales, int c, float[] results, int r) {
    FloatVector s0 = FloatVector.zero(FLOATS);
    FloatVector s1 = s0;
    FloatVector s2 = s0;
    FloatVector s3 = s0;
    for (int k = 0; k < inner; k++) {
      int w = p + k * WIDTH;
      FloatVector value = FloatVector.broadcast(FLOATS, x[at + k]);
      s0 = value.fma(FloatVector.fromArray(FLOATS, panel, w), s0);
      s1 = value.fma(FloatVector.fromArray(FLOATS, panel, w + Lanes.COUNT), s1);
      s2 = value.fma(FloatVector.fromArray(FLOATS, panel, w + 2 * Lanes.COUNT), s2);
      s3 = value.fma(FloatVector.fromArray(FLOATS, panel, w + 3 * Lanes.COUNT), s3);
    }
    s0.fma(FloatVector.fromArray(FLOATS, scales, c), FloatVector.fromArray(FLOATS, results, r))
        .intoArray(results, r);
    s1.fma(FloatVector.fromArray(FLOATS, scales, c + Lanes.COUNT),
        FloatVector.fromArray(FLOATS, results, r + Lanes.COUNT))
        .intoArray(results, r + Lanes.COUNT);
    s2.fma(FloatVector.fromArray(FLOATS, scales, c + 2 * Lanes.COUNT),
        FloatVector.fromArray(FLOATS, results, r + 2 * Lanes.COUNT))
        .intoArray(results, r + 2 * Lanes.COUNT);
    s3.fma(FloatVector.fromArray(FLOATS, scales, c + 3 * Lanes.COUNT),
        FloatVector.fromArray(FLOATS, results, r + 3 * Lanes.COUNT))
        .intoArray(results, r + 3 * Lanes.COUNT);
  }
}
