package io.picaflor.platform;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Address space that costs nothing until it is touched. */
@EnabledOnOs(OS.LINUX)
class ReservedMemoryTest {
  private static final long MIB = 1 << 20;

  /** Bytes of a segment's pages that are in memory, by the kernel's own account. */
  private static long residentBytes(MemorySegment segment) throws IOException {
    long found = 0;
    boolean inside = false;
    for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
      if (line.matches("[0-9a-f]+-[0-9a-f]+ .*")) {
        long from = Long.parseUnsignedLong(line.substring(0, line.indexOf('-')), 16);
        long to = Long.parseUnsignedLong(line.substring(line.indexOf('-') + 1, line.indexOf(' ')), 16);
        inside = from < segment.address() + segment.byteSize() && segment.address() < to;
      } else if (inside && line.startsWith("Rss:")) {
        found += Long.parseLong(line.split("\\s+")[1]) * 1024;
      }
    }
    return found;
  }

  @Test
  void onlyTouchedPagesAreMade() throws IOException {
    try (ReservedMemory memory = ReservedMemory.reserve(1024 * MIB).orElseThrow()) {
      MemorySegment segment = memory.segment();
      assertTrue(segment.byteSize() >= 1024 * MIB);
      assertEquals(0, segment.address() % memory.pageBytes());
      long before = residentBytes(segment);
      for (long at = 0; at < 16 * MIB; at += memory.pageBytes()) {
        assertEquals(0, segment.get(JAVA_LONG, at));
        segment.set(JAVA_LONG, at, at);
      }
      segment.set(JAVA_BYTE, 1024 * MIB - 1, (byte) 1);
      long after = residentBytes(segment);
      // The neighbouring mapping may be merged with ours, so the difference counts.
      assertEquals(16 * MIB + memory.pageBytes(), after - before, before + " -> " + after);
    }
  }

  @Test
  void releasedPagesAreGivenBackAndServeAgain() throws IOException {
    try (ReservedMemory memory = ReservedMemory.reserve(32 * MIB).orElseThrow()) {
      MemorySegment segment = memory.segment();
      segment.fill((byte) 7);
      long before = residentBytes(segment);
      // From the middle of a page to the middle of another: those two stay.
      assertTrue(memory.release(100, 8 * MIB));
      assertEquals(8 * MIB - memory.pageBytes(), before - residentBytes(segment));
      assertEquals(7, segment.get(JAVA_BYTE, 99));
      assertEquals(7, segment.get(JAVA_BYTE, 8 * MIB));
      segment.set(JAVA_BYTE, 4 * MIB, (byte) 5);
      assertEquals(5, segment.get(JAVA_BYTE, 4 * MIB));
      assertTrue(memory.release(10, 20), "less than a page: nothing to do");
    }
  }

  @Test
  void closingGivesTheAddressSpaceBackAndEndsAllAccess() throws IOException {
    ReservedMemory memory = ReservedMemory.reserve(64 * MIB).orElseThrow();
    MemorySegment slice = memory.segment().asSlice(MIB, MIB);
    slice.fill((byte) 1);
    long before = addressSpaceBytes();
    memory.close();
    memory.close();
    assertTrue(before - addressSpaceBytes() >= 32 * MIB, "the address space is given back");
    assertThrows(IllegalStateException.class, () -> slice.get(JAVA_BYTE, 0));
    assertThrows(IllegalStateException.class, () -> memory.release(0, MIB));
  }

  private static long addressSpaceBytes() throws IOException {
    return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[0]) * 4096;
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
