package io.picaflor.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Keys and values for tests, all room there from the start. */
final class KvBuffers {
  private record Fixed(KvLayout layout, MemorySegment memory) implements KvBuffer {}

  private KvBuffers() {}

  static KvBuffer of(Arena arena, KvLayout layout) {
    return new Fixed(layout, arena.allocate(layout.bytes(), 64));
  }
}
