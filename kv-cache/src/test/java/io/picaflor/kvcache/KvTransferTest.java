package io.picaflor.kvcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.picaflor.kvcache.KvCache.Shape;
import io.picaflor.kvcache.KvContents.Rows;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a cache does not take from elsewhere. {@link RewindTest} shows that it takes the rest. */
class KvTransferTest {
  private static final BlockShape RING = BlockShape.ring(32, 4, 10, 4, 4, 100);

  /** Rows of two numbers of four bytes, which nobody reads. */
  private static final RowFormat FORMAT = new RowFormat() {
    @Override
    public int numbers() {
      return 2;
    }

    @Override
    public int numberBytes() {
      return 4;
    }

    @Override
    public void take(MemorySegment buffer, int position, MemorySegment row) {
      row.fill((byte) position);
    }

    @Override
    public void put(MemorySegment row, int position, MemorySegment buffer) {}
  };

  private static KvCache cache() {
    return new KvCache(new Shape(100, List.of(RING), List.of(8L), 1), MemorySource.allocated());
  }

  private static KvContents contents(int position, int first, int numbers, int numberBytes, long state) {
    return new KvContents(position, List.of(new Rows(first, numbers, numberBytes)), List.of(state));
  }

  private static String obstacle(KvContents contents) {
    try (KvCache cache = cache()) {
      return new KvTransfer(cache, List.of(FORMAT)).obstacle(contents).orElseThrow();
    }
  }

  @Test
  void contentsOfAnotherShapeAreRefusedWithTheReason() {
    assertEquals("holds 101 positions, there is room for 100", obstacle(contents(101, 99, 2, 4, 8)));
    assertEquals("keeps keys and values as 2 numbers of 2 bytes each, expected 2 of 4",
        obstacle(contents(50, 30, 2, 2, 8)));
    assertEquals("keeps keys and values as 3 numbers of 4 bytes each, expected 2 of 4",
        obstacle(contents(50, 30, 3, 4, 8)));
    assertEquals("holds 1 buffers and states of [9] bytes, expected 1 and [8]", obstacle(contents(50, 30, 2, 4, 9)));
    assertEquals("holds 0 buffers and states of [8] bytes, expected 1 and [8]",
        obstacle(new KvContents(50, List.of(), List.of(8L))));
  }

  @Test
  void rowsThatTheNextOneLooksAtHaveToBeThere() {
    try (KvCache cache = cache()) {
      KvTransfer transfer = new KvTransfer(cache, List.of(FORMAT));
      assertEquals(Optional.empty(), transfer.obstacle(contents(50, 41, 2, 4, 8)));
      assertEquals(Optional.empty(), transfer.obstacle(contents(5, 0, 2, 4, 8)));
    }
    assertEquals("lacks the rows before position 42, which the next one looks at", obstacle(contents(50, 42, 2, 4, 8)));
  }

  @Test
  void aSourceThatFailsLeavesTheCacheEmpty() {
    try (KvCache cache = cache()) {
      KvTransfer transfer = new KvTransfer(cache, List.of(FORMAT));
      MemorySegment state = cache.states().getFirst().memory();
      assertThrows(IOException.class, () -> transfer.restore(contents(50, 30, 2, 4, 8), segment -> {
        segment.fill((byte) 1);
        if (segment.byteSize() == state.byteSize()) {
          throw new IOException("no more");
        }
      }));
      assertEquals(0, cache.position());
      assertEquals(-1, state.mismatch(MemorySegment.ofArray(new byte[8])));
      cache.makeRoom(4);
      cache.advance(4);
    }
  }

  @Test
  void onlyAnEmptyCacheIsFilled() {
    try (KvCache cache = cache()) {
      cache.makeRoom(1);
      cache.advance(1);
      KvTransfer transfer = new KvTransfer(cache, List.of(FORMAT));
      KvContents contents = contents(5, 0, 2, 4, 8);
      assertThrows(IllegalArgumentException.class, () -> transfer.restore(contents, MemorySegment::byteSize));
      assertThrows(IllegalArgumentException.class, () -> new KvTransfer(cache, List.of()));
    }
  }

  @Test
  void nonsenseIsNoContents() {
    assertThrows(IllegalArgumentException.class, () -> contents(5, 6, 2, 4, 8));
    assertThrows(IllegalArgumentException.class, () -> contents(5, -1, 2, 4, 8));
    assertThrows(IllegalArgumentException.class, () -> contents(5, 0, 0, 4, 8));
    assertThrows(IllegalArgumentException.class, () -> contents(5, 0, 2, 4, 0));
    assertThrows(ArithmeticException.class,
        () -> new KvContents(5, List.of(), List.of(Long.MAX_VALUE, Long.MAX_VALUE)).bytes());
  }
}
