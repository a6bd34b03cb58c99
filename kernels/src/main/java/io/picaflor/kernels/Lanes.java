package io.picaflor.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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

  /**
   * Reads one byte the plain way, for what HotSpot makes of the compiled method around it: a fault on a mapped file that was
   * cut becomes an {@link InternalError} only in methods that hold such a read. In one with vector loads alone it ends the
   * JVM (SIGBUS; seen on JDK 25.0.3). So each method that loads vectors from a model's mapping begins with this.
   */
  static byte markFaults(MemorySegment mapping, long offset) {
    return mapping.get(ValueLayout.JAVA_BYTE, offset);
  }
}
