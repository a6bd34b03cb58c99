package io.picaflor.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory for what an operator needs only while it runs. A session runs one operator at a time, so all of them share it: it stays in
 * the cache from one to the next.
 *
 * <p>Thread rule: asked for when operators are made, by one thread.
 */
final class JitScratch {
  private MemorySegment memory = MemorySegment.NULL;

  /** So many bytes, aligned to 64, with any contents. An operator that was made before with less keeps what it has. */
  MemorySegment of(long bytes) {
    if (memory.byteSize() < bytes) {
      memory = Arena.ofAuto().allocate(bytes, 64);
    }
    return memory.asSlice(0, bytes);
  }
}
