package io.picaflor.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Keys and values for tests, all room there from the start; each byte is 0xff, so what was not stored is NaN. */
final class KvBuffers {
  private static final int MARGIN = 256;

  /** A buffer in the middle of memory that nobody may write. */
  record Fixed(KvLayout layout, MemorySegment memory, MemorySegment whole) implements KvBuffer {
    void assertNothingWrittenBeside(String what) {
      for (long i = 0; i < MARGIN; i++) {
        assertEquals(-1, whole.get(ValueLayout.JAVA_BYTE, i), what + ": written before the buffer");
        assertEquals(-1, whole.get(ValueLayout.JAVA_BYTE, whole.byteSize() - 1 - i),
            what + ": written behind the buffer");
      }
    }
  }

  private KvBuffers() {}

  static Fixed of(Arena arena, KvLayout layout) {
    MemorySegment whole = arena.allocate(layout.bytes() + 2 * MARGIN, 64).fill((byte) 0xff);
    return new Fixed(layout, whole.asSlice(MARGIN, layout.bytes()), whole);
  }
}
