package io.picaflor.platform;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Address space that costs nothing until it is touched. */
@EnabledOnOs(OS.LINUX)
class ReservedMemoryTest {
  private static final long MIB = 1 << 20;

  /** Bytes of the memory's pages that there are, by the kernel's own account. */
  private static long residentBytes(ReservedMemory memory) {
    MemorySegment mincore = NativeCalls.function("mincore").orElseThrow();
    long bytes = memory.segment().byteSize();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pages = arena.allocate(bytes / memory.pageBytes());
      assertEquals(0, NativeCalls.call(mincore, memory.segment().address(), bytes, pages.address(), 0, 0, 0));
      long resident = 0;
      for (long i = 0; i < pages.byteSize(); i++) {
        resident += pages.get(JAVA_BYTE, i) & 1;
      }
      return resident * memory.pageBytes();
    }
  }

  @Test
  void onlyTouchedPagesAreMade() {
    try (ReservedMemory memory = ReservedMemory.reserve(1024 * MIB).orElseThrow()) {
      MemorySegment segment = memory.segment();
      assertTrue(segment.byteSize() >= 1024 * MIB);
      assertEquals(0, segment.address() % memory.pageBytes());
      assertEquals(0, residentBytes(memory));
      for (long at = 0; at < 16 * MIB; at += memory.pageBytes()) {
        assertEquals(0, segment.get(JAVA_LONG, at));
        segment.set(JAVA_LONG, at, at);
      }
      segment.set(JAVA_BYTE, 1024 * MIB - 1, (byte) 1);
      assertEquals(16 * MIB + memory.pageBytes(), residentBytes(memory));
    }
  }

  @Test
  void releasedPagesAreGivenBackAndServeAgain() {
    try (ReservedMemory memory = ReservedMemory.reserve(32 * MIB).orElseThrow()) {
      MemorySegment segment = memory.segment();
      segment.fill((byte) 7);
      assertEquals(32 * MIB, residentBytes(memory));
      // From the middle of a page to the middle of another: those two stay.
      assertTrue(memory.release(100, 8 * MIB));
      assertEquals(24 * MIB + memory.pageBytes(), residentBytes(memory));
      assertEquals(7, segment.get(JAVA_BYTE, 99));
      assertEquals(7, segment.get(JAVA_BYTE, 8 * MIB));
      segment.set(JAVA_BYTE, 4 * MIB, (byte) 5);
      assertEquals(5, segment.get(JAVA_BYTE, 4 * MIB));
      assertTrue(memory.release(10, 20), "less than a page: nothing to do");
    }
  }

  @Test
  void closingEndsAllAccess() {
    ReservedMemory memory = ReservedMemory.reserve(64 * MIB).orElseThrow();
    MemorySegment slice = memory.segment().asSlice(MIB, MIB);
    slice.fill((byte) 1);
    memory.close();
    memory.close();
    assertThrows(IllegalStateException.class, () -> slice.get(JAVA_BYTE, 0));
    assertThrows(IllegalStateException.class, () -> memory.release(0, MIB));
  }

  @Test
  void closedMemoryTakesNoAddressSpace() {
    long terabyte = 1L << 40;
    for (int i = 0; i < 300; i++) { // more than a process can address
      ReservedMemory.reserve(terabyte).orElseThrow().close();
    }
  }

  @Test
  void whatNoMachineHasIsAbsent() {
    assertEquals(Optional.empty(), ReservedMemory.reserve(Long.MAX_VALUE));
    assertEquals(Optional.empty(), ReservedMemory.reserve(1L << 60));
  }

  @Test
  void rangesOutsideAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> ReservedMemory.reserve(0));
    try (ReservedMemory memory = ReservedMemory.reserve(MIB).orElseThrow()) {
      long size = memory.segment().byteSize();
      assertThrows(IndexOutOfBoundsException.class, () -> memory.release(0, size + 1));
      assertThrows(IndexOutOfBoundsException.class, () -> memory.release(-1, 1));
      assertThrows(IndexOutOfBoundsException.class, () -> memory.release(size, Long.MAX_VALUE));
    }
  }
}
