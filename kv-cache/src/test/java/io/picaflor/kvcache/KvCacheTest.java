package io.picaflor.kvcache;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.picaflor.kvcache.KvCache.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Positions are counted within the capacity, buffers keep what is written, and ways back end where they must. */
class KvCacheTest {
  private static final int BLOCK_BYTES = 4 * 64;

  private static KvCache full(int contextLength) {
    BlockShape shape = BlockShape.full(BLOCK_BYTES, 64, contextLength);
    return new KvCache(new Shape(contextLength, List.of(shape), List.of(), 0), MemorySource.allocated());
  }

  private static KvCache withState(int snapshots) {
    return new KvCache(new Shape(100, List.of(), List.of(4L), snapshots), MemorySource.allocated());
  }

  private static void step(KvCache cache, int positions) {
    cache.makeRoom(positions);
    cache.states().forEach(state -> state.memory().set(JAVA_INT, 0, cache.position() + positions));
    cache.advance(positions);
  }

  private static int state(KvCache cache) {
    return cache.states().getFirst().memory().get(JAVA_INT, 0);
  }

  @Test
  void beginsEmptyWithZerosInAlignedMemory() {
    try (KvCache cache = full(1000)) {
      assertEquals(0, cache.position());
      assertEquals(1000, cache.remaining());
      cache.makeRoom(1000);
      MemorySegment memory = cache.buffers().getFirst().memory();
      assertEquals(16 * BLOCK_BYTES, memory.byteSize());
      assertEquals(0, memory.address() % 64);
      assertEquals(-1, memory.mismatch(MemorySegment.ofArray(new byte[16 * BLOCK_BYTES])));
    }
  }

  @Test
  void advancesIntoTheRoomThatWasMadeAndNoFurther() {
    try (KvCache cache = full(10)) {
      step(cache, 4);
      cache.makeRoom(6);
      cache.advance(5);
      cache.advance(1);
      assertEquals(0, cache.remaining());
      var e = assertThrows(IllegalArgumentException.class, () -> cache.advance(1));
      assertEquals("advance: expected 0 to 0 positions, found 1", e.getMessage());
      e = assertThrows(IllegalArgumentException.class, () -> cache.makeRoom(1));
      assertEquals("room: expected 0 to 0 positions, found 1", e.getMessage());
      assertThrows(IllegalArgumentException.class, () -> cache.makeRoom(-1));
      assertThrows(IllegalArgumentException.class, () -> cache.advance(-1));
    }
  }

  @Test
  void memoryThatIsNotLazyGrowsByDoublingAndKeepsItsContents() {
    try (KvCache cache = full(64 * 11)) {
      PositionBuffer buffer = cache.buffers().getFirst();
      assertEquals(0, buffer.memory().byteSize());
      int[] blocks = {1, 2, 4, 4, 8, 8, 8, 8, 11, 11, 11};
      for (int block = 0; block < 11; block++) {
        step(cache, 64);
        assertEquals(blocks[block] * BLOCK_BYTES, buffer.memory().byteSize(), "block " + block);
        buffer.memory().asSlice((long) block * BLOCK_BYTES, BLOCK_BYTES).fill((byte) (block + 1));
      }
      for (int at = 0; at < 11 * BLOCK_BYTES; at++) {
        assertEquals(at / BLOCK_BYTES + 1, buffer.memory().get(JAVA_BYTE, at));
      }
    }
  }

  @Test
  void memoryThatIsNotThereLeavesTheCacheAsItWas() {
    MemorySource scarce = new MemorySource() {
      @Override
      public Optional<Region> reserve(long bytes) {
        return Optional.empty();
      }

      @Override
      public Region allocate(long bytes) {
        if (bytes > 2 * BLOCK_BYTES) {
          throw new OutOfMemoryError("no more");
        }
        return MemorySource.super.allocate(bytes);
      }
    };
    BlockShape shape = BlockShape.full(BLOCK_BYTES, 64, 1000);
    try (KvCache cache = new KvCache(new Shape(1000, List.of(shape), List.of(), 0), scarce)) {
      step(cache, 128);
      cache.buffers().getFirst().memory().fill((byte) 7);
      assertThrows(OutOfMemoryError.class, () -> cache.makeRoom(1));
      assertEquals(7, cache.buffers().getFirst().memory().get(JAVA_BYTE, 2 * BLOCK_BYTES - 1));
      assertEquals(100, cache.rewind(100));
      step(cache, 28);
    }
  }

  @Test
  void aFullBufferGoesBackToAnywhere() {
    try (KvCache cache = full(1000)) {
      step(cache, 900);
      assertEquals(3, cache.rewind(3));
      assertEquals(3, cache.position());
      var e = assertThrows(IllegalArgumentException.class, () -> cache.rewind(4));
      assertEquals("rewind: expected a position of 0 to 3, found 4", e.getMessage());
      assertThrows(IllegalArgumentException.class, () -> cache.rewind(-1));
      assertThrows(IllegalArgumentException.class, () -> cache.advance(1), "its room is forgotten too");
    }
  }

  @Test
  void aRingHasRoomForItsWindowTheLargestChunkAndTheReserve() {
    BlockShape ring = BlockShape.ring(BLOCK_BYTES, 64, 512, 128, 16, 32_000);
    assertEquals(704, ring.capacity());
    assertEquals(512, ring.window());
    assertEquals(11 * BLOCK_BYTES, ring.bytes());
    assertEquals(new BlockShape(BLOCK_BYTES, 64, 11, 512), BlockShape.ring(BLOCK_BYTES, 64, 512, 128, 16, 656));
    assertThrows(IllegalArgumentException.class, () -> BlockShape.ring(BLOCK_BYTES, 64, 512, 128, -1, 656));
  }

  @Test
  void aRingTakesStepsThatLeaveEachRowItsWindow() {
    BlockShape ring = new BlockShape(8, 2, 10, 12);
    try (KvCache cache = new KvCache(new Shape(1000, List.of(ring), List.of(), 0), MemorySource.allocated())) {
      assertEquals(9, cache.largestStep());
      var e = assertThrows(IllegalArgumentException.class, () -> cache.makeRoom(10));
      assertEquals("room: expected 0 to 9 positions, found 10", e.getMessage());
      for (int i = 0; i < 11; i++) {
        step(cache, 9);
      }
      assertEquals(80, cache.buffers().getFirst().memory().byteSize());
      assertEquals(90, cache.rewind(90), "positions 79 to 98 are held, and 90 looks at 79");
      assertEquals(0, cache.rewind(89));
      step(cache, 9);
      assertEquals(1, cache.rewind(1), "nothing was lost since the start");
    }
  }

  @Test
  void aBufferThatHoldsLessThanItsWindowIsRefused() {
    BlockShape small = new BlockShape(8, 2, 5, 11);
    assertThrows(IllegalArgumentException.class, () -> new Shape(11, List.of(small), List.of(), 0));
    assertEquals(10, new Shape(10, List.of(small), List.of(), 0).contextLength());
  }

  @Test
  void stateGoesBackToTheLastSnapshotBeforeAndElseToZeros() {
    try (KvCache cache = withState(2)) {
      step(cache, 5);
      cache.snapshot();
      step(cache, 5);
      cache.snapshot();
      step(cache, 5);
      assertEquals(15, cache.rewind(15));
      assertEquals(15, state(cache));
      assertEquals(10, cache.rewind(12));
      assertEquals(10, state(cache));
      assertEquals(5, cache.rewind(9));
      assertEquals(5, state(cache));
      assertEquals(0, cache.rewind(4));
      assertEquals(0, state(cache));
    }
  }

  @Test
  void theOldestSnapshotGivesWayAndForgottenOnesStayForgotten() {
    try (KvCache cache = withState(2)) {
      for (int i = 0; i < 3; i++) {
        step(cache, 1);
        cache.snapshot();
      }
      cache.snapshot(); // of the same position: takes no other's place
      step(cache, 1);
      assertEquals(2, cache.rewind(2));
      step(cache, 5);
      assertEquals(2, cache.rewind(4), "the one of 3 was of other tokens");
      assertEquals(0, cache.rewind(1));
    }
  }

  @Test
  void stateOfAFailedStepIsNotTaken() {
    try (KvCache cache = withState(1)) {
      step(cache, 5);
      cache.snapshot();
      cache.makeRoom(1);
      cache.states().getFirst().memory().set(JAVA_INT, 0, -1);
      assertEquals(5, cache.rewind(5));
      assertEquals(5, state(cache));
    }
  }

  @Test
  void nothingThatWasNotAskedForIsKept() {
    try (KvCache cache = withState(0)) {
      step(cache, 5);
      assertThrows(IllegalStateException.class, cache::snapshot);
      assertEquals(0, cache.rewind(4));
      assertEquals(0, state(cache));
    }
  }

  @Test
  void refusesNonsenseSizes() {
    assertThrows(IllegalArgumentException.class, () -> new Shape(0, List.of(), List.of(), 0));
    assertThrows(IllegalArgumentException.class, () -> new Shape(1, List.of(), List.of(), -1));
    assertThrows(IllegalArgumentException.class, () -> new BlockShape(0, 1, 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new BlockShape(1, 1 << 16, 1 << 16, 1));
    assertThrows(IllegalArgumentException.class, () -> new BlockShape(Long.MAX_VALUE / 2, 1, 3, 1));
    var e = assertThrows(IllegalArgumentException.class, () -> new Shape(1, List.of(), List.of(0L), 0));
    assertEquals("state: expected a positive size, found 0", e.getMessage());
  }

  @Test
  void closedTwiceItsMemoryIsGoneOnce() {
    KvCache cache = full(10);
    step(cache, 1);
    MemorySegment memory = cache.buffers().getFirst().memory();
    assertNotEquals(0, memory.byteSize());
    cache.close();
    cache.close();
    assertThrows(IllegalStateException.class, () -> memory.get(JAVA_BYTE, 0));
  }
}
