package io.picaflor.kvcache;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.picaflor.kvcache.KvCache.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A cache on reserved address space takes room for what was written, and gives all of it back. */
class ReservedPagesTest {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final int BLOCK_BYTES = 1 << 16;
  private static final int CONTEXT = 32_768;
  private static final int LAYERS = 16;

  /** 16 layers of 512 blocks of 64 KiB: 512 MiB when full. */
  private static final Shape SHAPE = new Shape(
      CONTEXT, Collections.nCopies(LAYERS, BlockShape.full(BLOCK_BYTES, 64, CONTEXT)), List.of(BLOCK_BYTES + 0L), 3);

  /** Far more than the JVM needs beside in such a moment, far less than the cache. */
  private static final long SLACK = 64 << 20;

  @BeforeEach
  void askOnlyWhereTheSystemTells() {
    assumeTrue(Files.exists(STATUS));
  }

  private static long anonymousBytes() throws IOException {
    for (String line : Files.readAllLines(STATUS)) {
      if (line.startsWith("RssAnon:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
      }
    }
    throw new AssertionError("no RssAnon in " + STATUS);
  }

  @Test
  void pagesAreNotThereUntilTheyAreTouched() throws IOException {
    assertTrue(ReservedPagesTest.class.getModule().isNamed(), "the tests run in the module");
    long before = anonymousBytes();
    try (KvCache cache = new KvCache(SHAPE, MemorySource.reserved())) {
      assertTrue(SHAPE.bytes() > 8 * SLACK);
      cache.makeRoom(64);
      for (PositionBuffer buffer : cache.buffers()) {
        assertEquals(512 * BLOCK_BYTES, buffer.memory().byteSize());
        assertEquals(0, buffer.memory().address() % MemorySource.ALIGNMENT);
        buffer.memory().asSlice(0, BLOCK_BYTES).fill((byte) 1);
      }
      assertTrue(anonymousBytes() - before < SLACK, "one block of each layer was touched");
      for (PositionBuffer buffer : cache.buffers().subList(0, LAYERS / 2)) {
        buffer.memory().fill((byte) 1);
      }
      assertTrue(anonymousBytes() - before > 3 * SLACK, "half of the layers are full");
    }
    assertTrue(anonymousBytes() - before < SLACK, "closed");
  }

  @Test
  void buffersDoNotOverlapAndAreGoneWhenClosed() {
    KvCache cache = new KvCache(SHAPE, MemorySource.reserved());
    for (int i = 0; i < LAYERS; i++) {
      MemorySegment memory = cache.buffers().get(i).memory();
      assertEquals(0, memory.get(JAVA_BYTE, 0));
      assertEquals(0, memory.get(JAVA_BYTE, memory.byteSize() - 1));
      memory.set(JAVA_BYTE, 0, (byte) 1);
      memory.set(JAVA_BYTE, memory.byteSize() - 1, (byte) 1);
    }
    MemorySegment state = cache.states().getFirst().memory();
    assertEquals(BLOCK_BYTES, state.byteSize());
    assertEquals(-1, state.mismatch(MemorySegment.ofArray(new byte[BLOCK_BYTES])));
    cache.close();
    cache.close();
    assertThrows(IllegalStateException.class, () -> state.get(JAVA_BYTE, 0));
  }
}
