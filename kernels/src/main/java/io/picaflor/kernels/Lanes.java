package io.picaflor.kernels;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The shape of the vectors that this CPU prefers.
 *
 * <p>The tier uses vectors of float and int of this one shape, and no other: C2 learns the class of a vector from what
 * has run before, and where it has seen two it may box every vector of a loop.
 */
final class Lanes {
  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;

  /** A power of two, 4 or more. */
  static final int COUNT = FLOATS.length();

  static final int BYTES = FLOATS.vectorByteSize();

  /** Of weights in files, and of operands too: the tier runs on little-endian machines only. */
  static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  private Lanes() {}
}
