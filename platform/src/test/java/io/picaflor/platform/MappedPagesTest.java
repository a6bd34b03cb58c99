package io.picaflor.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file of some pages, all bytes of which are seven. */
class MappedPagesTest {
  private static final int BYTES = 1 << 20;
  private static final byte SEVEN = 7;

  @TempDir
  private Path folder;

  private MemorySegment map(MapMode mode, Arena arena) throws IOException {
    byte[] content = new byte[BYTES];
    Arrays.fill(content, SEVEN);
    Path file = Files.write(folder.resolve("file"), content);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return channel.map(mode, 0, BYTES, arena);
    }
  }

  @Test
  void pagesThatGoAndComeHaveTheFilesBytes() throws IOException {
    assumeTrue(MemoryFunctions.ofSystem().isPresent(), "not tested: this system's memory functions are not known");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment mapping = map(MapMode.READ_ONLY, arena);
      MappedPages.preferLarge(mapping); // neither can every system
      MappedPages.populate(mapping);
      assertTrue(MappedPages.release(mapping));
      for (long at = 0; at < BYTES; at += 1000) {
        assertEquals(SEVEN, mapping.get(ValueLayout.JAVA_BYTE, at));
      }
    }
  }

  @Test
  void whatCouldBeLostIsNotReleased() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      assertFalse(MappedPages.release(map(MapMode.PRIVATE, arena)), "may have been written to");
      assertFalse(MappedPages.release(arena.allocate(BYTES).asReadOnly()), "no file");
    }
  }

  @Test
  void memoryOfNoFileAndLessThanAPageAreLeftAlone() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      assertFalse(MappedPages.preferLarge(MemorySegment.ofArray(new byte[BYTES])));
      assertFalse(MappedPages.populate(arena.allocate(BYTES)));
      assertFalse(MappedPages.populate(map(MapMode.READ_ONLY, arena).asSlice(1, 100)));
    }
  }
}
