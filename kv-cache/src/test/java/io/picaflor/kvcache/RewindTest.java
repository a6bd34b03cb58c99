package io.picaflor.kvcache;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.picaflor.kvcache.KvCache.Shape;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/**
 * Against a model that knows only the tokens fed so far, each with a number of its own: whatever steps, failed steps, ways
 * back, forks and ways to another cache there were, the next row finds in the memory itself what the tokens before it left
 * there.
 */
class RewindTest {
  private static final int CONTEXT = 400;
  private static final int POSITIONS = 4;

  private static final int[] SLOT_BYTES = {4, 8};
  private static final List<RowFormat> FORMATS = List.of(new Slots(1), new Slots(2));

  private final List<Integer> tokens = new ArrayList<>();
  private int lastToken;
  private int furthest;
  private KvCache cache;

  @Property(tries = 2000)
  void eachRowFindsItsWindowAndItsState(
      @ForAll @IntRange(min = 2, max = 30) int window, @ForAll @IntRange(min = 1, max = 20) int chunk,
      @ForAll @IntRange(max = 20) int reserve, @ForAll boolean withState, @ForAll boolean lazy,
      @ForAll @Size(max = 60) List<@IntRange(max = 10_000) Integer> choices) {
    MemorySource source = lazy ? MemorySource.reserved() : MemorySource.allocated();
    tokens.clear();
    furthest = 0;
    try {
      cache = new KvCache(shape(window, chunk, reserve, withState), source);
      for (int choice : choices) {
        int amount = choice / 8;
        switch (choice % 8) {
          case 0 -> failedStep(amount % (chunk + 1), chunk + reserve);
          case 1 -> goBack(cache.position() - Math.min(cache.position(), amount % (reserve + 1)), chunk + reserve);
          case 2 -> goBack(amount % (cache.position() + 1), chunk + reserve);
          case 3 -> cache.snapshot();
          case 4 -> goOnInAFork();
          case 5 -> goOnElsewhere(new KvCache(shape(window, chunk, reserve + amount % 30, withState), source));
          default -> step(amount % (chunk + 1));
        }
        assertEquals(tokens.size(), cache.position());
        assertEquals(-1, firstLost(cache.position()));
        if (withState) {
          assertEquals(stateOf(tokens), cache.states().getFirst().memory().get(JAVA_INT, 0));
        }
      }
    } finally {
      cache.close();
    }
  }

  private static Shape shape(int window, int chunk, int reserve, boolean withState) {
    List<BlockShape> shapes = List.of(
        BlockShape.ring((long) POSITIONS * SLOT_BYTES[0], POSITIONS, window, chunk, reserve, CONTEXT),
        BlockShape.full((long) POSITIONS * SLOT_BYTES[1], POSITIONS, CONTEXT));
    return new Shape(CONTEXT, shapes, withState ? List.of(4L) : List.of(), 2);
  }

  /** The original writes on and is closed, which a fork must not feel. */
  private void goOnInAFork() {
    KvCache fork = cache.fork();
    int rows = Math.min(cache.largestStep(), cache.remaining());
    cache.makeRoom(rows);
    cache.advance(rows);
    cache.buffers().forEach(buffer -> buffer.memory().fill((byte) -1));
    cache.states().forEach(state -> state.memory().fill((byte) -1));
    cache.snapshot();
    cache.close();
    cache = fork;
  }

  /** In a cache whose ring may be longer or shorter. */
  private void goOnElsewhere(KvCache other) {
    KvTransfer from = new KvTransfer(cache, FORMATS);
    KvTransfer to = new KvTransfer(other, FORMATS);
    KvContents contents = from.contents();
    assertEquals(tokens.size(), contents.position());
    assertEquals(Optional.empty(), to.obstacle(contents));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      from.save(contents, segment -> bytes.write(segment.toArray(ValueLayout.JAVA_BYTE)));
      assertEquals(contents.bytes(), bytes.size());
      InputStream in = new ByteArrayInputStream(bytes.toByteArray());
      to.restore(contents, segment -> segment.copyFrom(MemorySegment.ofArray(in.readNBytes((int) segment.byteSize()))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    cache.close();
    cache = other;
  }

  /** Numbers of 4 bytes, one or two in a slot. */
  private record Slots(int numbers) implements RowFormat {
    @Override
    public int numberBytes() {
      return 4;
    }

    @Override
    public void take(MemorySegment buffer, int position, MemorySegment row) {
      row.copyFrom(slot(buffer, position));
    }

    @Override
    public void put(MemorySegment row, int position, MemorySegment buffer) {
      slot(buffer, position).copyFrom(row);
    }

    /** Buffers here are so long that those that are not there in full have not turned yet. */
    private MemorySegment slot(MemorySegment buffer, int position) {
      long slots = buffer.byteSize() / rowBytes();
      return buffer.asSlice(position % slots * rowBytes(), rowBytes());
    }
  }

  private void step(int rows) {
    int count = Math.min(rows, cache.remaining());
    write(count);
    cache.advance(count);
    cache.states().forEach(state -> state.memory().set(JAVA_INT, 0, stateOf(tokens)));
  }

  /** Writes everything and then does not count it. */
  private void failedStep(int rows, int sureWay) {
    int before = tokens.size();
    int count = Math.min(rows, cache.remaining());
    write(count);
    tokens.subList(before, tokens.size()).clear();
    if (count > 0) {
      cache.states().forEach(state -> state.memory().set(JAVA_INT, 0, -1));
      goBack(before, sureWay);
    }
  }

  private void write(int count) {
    cache.makeRoom(count);
    for (int i = 0; i < count; i++) {
      lastToken++;
      for (int b = 0; b < SLOT_BYTES.length; b++) {
        PositionBuffer buffer = cache.buffers().get(b);
        buffer.memory().set(JAVA_INT, offset(buffer, b, tokens.size()), lastToken);
      }
      tokens.add(lastToken);
      furthest = Math.max(furthest, tokens.size());
    }
  }

  private void goBack(int target, int sureWay) {
    boolean lost = firstLost(target) >= 0;
    int reached = cache.rewind(target);
    if (cache.states().isEmpty()) {
      assertEquals(lost ? 0 : target, reached);
      if (furthest - target <= sureWay) {
        assertEquals(target, reached, "within the largest chunk and the reserve");
      }
    }
    furthest = reached == 0 ? 0 : furthest;
    tokens.subList(reached, tokens.size()).clear();
  }

  /** The first position that a row at {@code position} looks at and that is not in memory any more, or -1. */
  private int firstLost(int position) {
    for (int b = 0; b < SLOT_BYTES.length; b++) {
      PositionBuffer buffer = cache.buffers().get(b);
      for (int p = (int) Math.max(0, position - (long) buffer.shape().window() + 1); p < position; p++) {
        if (buffer.memory().get(JAVA_INT, offset(buffer, b, p)) != tokens.get(p)) {
          return p;
        }
      }
    }
    return -1;
  }

  private static long offset(PositionBuffer buffer, int b, int position) {
    return (long) position % buffer.shape().capacity() * SLOT_BYTES[b];
  }

  private static int stateOf(List<Integer> tokens) {
    return tokens.isEmpty() ? 0 : tokens.hashCode();
  }
}
