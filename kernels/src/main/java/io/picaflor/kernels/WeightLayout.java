package io.picaflor.kernels;

import java.lang.foreign.MemorySegment;

/**
 * One way in which a tier lays the weights of a linear operator out in memory, in panels of neighbouring outputs.
 *
 * <p>Panels lie one after the other and can be packed one by one, in any order, by any thread. A packed form says nothing
 * of where it lies and may stand in a file that is mapped. Change what {@link #pack} writes, and change the id: it is part
 * of the weight cache's keys.
 */
public interface WeightLayout {
  /** Names what is written, to the bit; such as {@code vector-int8-panel64-1}. */
  String id();

  /** What the start of the packed form must be aligned to, in bytes; a power of two, at least 64. */
  int alignment();

  /** Outputs of a panel; the last one may have fewer. */
  int panelRows();

  /** Bytes of the panels of some outputs; 0 where the tier reads the model's own bytes. Both are borders of panels or the end. */
  long bytes(PackedSource source, int rowFrom, int rowTo);

  /** Writes the panels of some outputs. */
  void pack(PackedSource source, int rowFrom, int rowTo, MemorySegment target);
}
