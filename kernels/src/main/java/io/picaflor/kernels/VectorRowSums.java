package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * Adds up what {@link VectorDot} leaves in the lanes: sums over groups of four lanes, laid out by group and row.
 */
final class VectorRowSums {
  /** Rows at a time. */
  private static final int FOUR = 4;

  /** Lanes in a group. Every shape of 128 bits or more is whole groups. */
  static final int GROUP = 4;

  /** Groups in a vector. */
  static final int GROUPS = Lanes.COUNT / GROUP;

  private static final VectorMask<Float> ODD = VectorMask.fromLong(FLOATS, 0xaaaa_aaaa_aaaa_aaaaL);
  private static final VectorMask<Float> UPPER = VectorMask.fromLong(FLOATS, 0xcccc_cccc_cccc_ccccL);
  private static final VectorShuffle<Float> SWAP_ONES = VectorShuffle.fromOp(FLOATS, lane -> lane ^ 1);
  private static final VectorShuffle<Float> SWAP_PAIRS = VectorShuffle.fromOp(FLOATS, lane -> lane ^ 2);
  private static final VectorShuffle<Float> NEXT_GROUP = VectorShuffle.fromOp(FLOATS, lane -> (lane + 4) % Lanes.COUNT);

  private VectorRowSums() {}

  /**
   * Adds up the lanes of some rows.
   *
   * @param sums for each row {@code steps} vectors, from index 0 on
   * @param rows are done in fours: there must be room for whole ones
   * @param groups {@code [step * GROUPS + group][row]}, {@code stride} apart; written from {@code to} on. A store is a
   *     whole vector, so what lies behind the four rows is overwritten: rows must be written in order, and the end
   *     needs room.
   */
  static void add(float[] sums, int rows, int steps, float[] groups, int to, int stride) {
    int next = steps * Lanes.COUNT;
    for (int row = 0; row < rows; row += FOUR) {
      for (int step = 0; step < steps; step++) {
        int at = row * next + step * Lanes.COUNT;
        FloatVector a = FloatVector.fromArray(FLOATS, sums, at);
        FloatVector b = FloatVector.fromArray(FLOATS, sums, at + next);
        FloatVector c = FloatVector.fromArray(FLOATS, sums, at + 2 * next);
        FloatVector d = FloatVector.fromArray(FLOATS, sums, at + 3 * next);
        FloatVector ab = a.blend(b, ODD).add(b.blend(a, ODD).rearrange(SWAP_ONES));
        FloatVector cd = c.blend(d, ODD).add(d.blend(c, ODD).rearrange(SWAP_ONES));
        FloatVector group = ab.blend(cd, UPPER).add(cd.blend(ab, UPPER).rearrange(SWAP_PAIRS));
        for (int g = 0; g < GROUPS; g++) {
          group.intoArray(groups, to + row + (step * GROUPS + g) * stride);
          group = group.rearrange(NEXT_GROUP);
        }
      }
    }
  }
}
