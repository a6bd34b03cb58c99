package io.picaflor.kvcache;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Positions are counted within the capacity, and buffers keep what is written until they are cleared. */
class KvCacheTest {
  private static KvCache cache() {
    return new KvCache(10, Map.of("k", 640L, "v", 64L));
  }

  @Test
  void beginsEmptyWithZerosInAlignedBuffers() {
    try (KvCache cache = cache()) {
      assertEquals(0, cache.position());
      assertEquals(10, cache.remaining());
      assertEquals(704, cache.bytes());
      MemorySegment k = cache.buffers().get("k");
      assertEquals(640, k.byteSize());
      assertEquals(0, k.address() % 64);
      assertEquals(-1, k.mismatch(MemorySegment.ofArray(new byte[640])));
      assertThrows(UnsupportedOperationException.class, () -> cache.buffers().clear());
    }
  }

  @Test
  void advancesToItsCapacityAndNoFurther() {
    try (KvCache cache = cache()) {
      cache.advance(4);
      cache.advance(6);
      assertEquals(0, cache.remaining());
      var e = assertThrows(IllegalArgumentException.class, () -> cache.advance(1));
      assertEquals("advance: expected 0 to 0 positions, found 1", e.getMessage());
      assertThrows(IllegalArgumentException.class, () -> cache.advance(-1));
    }
  }

  @Test
  void rewindForgetsPositionsAndClearForgetsValues() {
    try (KvCache cache = cache()) {
      cache.buffers().get("v").set(JAVA_BYTE, 7, (byte) 1);
      cache.advance(8);
      cache.rewind(3);
      assertEquals(3, cache.position());
      assertEquals(1, cache.buffers().get("v").get(JAVA_BYTE, 7));
      assertThrows(IllegalArgumentException.class, () -> cache.rewind(4));
      cache.clear();
      assertEquals(0, cache.position());
      assertEquals(0, cache.buffers().get("v").get(JAVA_BYTE, 7));
    }
  }

  @Test
  void refusesNonsenseSizes() {
    assertThrows(IllegalArgumentException.class, () -> new KvCache(0, Map.of()));
    var e = assertThrows(IllegalArgumentException.class, () -> new KvCache(1, Map.of("k", 0L)));
    assertEquals("buffer k: expected a positive size, found 0", e.getMessage());
  }

  @Test
  void closedTwiceItsMemoryIsGoneOnce() {
    KvCache cache = cache();
    MemorySegment k = cache.buffers().get("k");
    cache.close();
    cache.close();
    assertThrows(IllegalStateException.class, () -> k.get(JAVA_BYTE, 0));
  }
}
