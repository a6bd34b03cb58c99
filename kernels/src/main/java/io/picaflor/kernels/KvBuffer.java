package io.picaflor.kernels;

import java.lang.foreign.MemorySegment;

/**
 * The keys or the values of one layer, as {@link Operators} see them.
 *
 * <p>Whoever runs operators has made room for all positions of a step before.
 */
public interface KvBuffer {
  /** How the buffer's numbers lie. */
  KvLayout layout();

  /** The memory; may become another, longer segment when room is made for more positions, so it is asked for in each run. */
  MemorySegment memory();
}
