package io.picaflor.kernels;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The shape of the vectors that this CPU prefers, and the sums across their lanes.
 *
 * <p>A <em>group</em> is 4 lanes; every shape of 128 bits or more is whole groups.
 */
final class Lanes {
  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  static final int COUNT = FLOATS.length();
  static final int BYTES = FLOATS.vectorByteSize();
  static final ByteOrder NATIVE = ByteOrder.nativeOrder();
  static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;

  private static final VectorMask<Float> FLOAT_ODD = VectorMask.fromLong(FLOATS, 0xaaaa_aaaa_aaaa_aaaaL);
  private static final VectorMask<Float> FLOAT_HIGH = VectorMask.fromLong(FLOATS, 0xcccc_cccc_cccc_ccccL);
  private static final VectorShuffle<Float> FLOAT_SWAP_1 = VectorShuffle.fromOp(FLOATS, lane -> lane ^ 1);
  private static final VectorShuffle<Float> FLOAT_SWAP_2 = VectorShuffle.fromOp(FLOATS, lane -> lane ^ 2);

  private Lanes() {}

  /** In each group: {@code [sum of a, sum of b, sum of c, sum of d]} over that group's lanes. */
  static FloatVector groupSums(FloatVector a, FloatVector b, FloatVector c, FloatVector d) {
    FloatVector ab = a.blend(b, FLOAT_ODD).add(b.blend(a, FLOAT_ODD).rearrange(FLOAT_SWAP_1));
    FloatVector cd = c.blend(d, FLOAT_ODD).add(d.blend(c, FLOAT_ODD).rearrange(FLOAT_SWAP_1));
    return ab.blend(cd, FLOAT_HIGH).add(cd.blend(ab, FLOAT_HIGH).rearrange(FLOAT_SWAP_2));
  }
}
