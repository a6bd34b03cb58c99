package io.picaflor.kvcache;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Takes what a {@link KvCache} holds to another place and back, as plain rows: the cache that takes them may have other
 * layouts, and rings of other lengths.
 *
 * <p>Borrows the cache; thread rule as the cache's.
 */
public final class KvTransfer {
  /** Rows that are copied at a time: of a few KB each. */
  private static final int STAGED_ROWS = 64;

  private static final long STAGED_BYTES = 1 << 16;

  private final KvCache cache;
  private final List<RowFormat> formats;

  /** Takes bytes, all of them. */
  @FunctionalInterface
  public interface Sink {
    /** Takes the next bytes; the segment is valid during the call. */
    void write(MemorySegment bytes) throws IOException;
  }

  /** Gives bytes, all that are asked for. */
  @FunctionalInterface
  public interface Source {
    /** Fills the segment with the next bytes. */
    void read(MemorySegment bytes) throws IOException;
  }

  /**
   * Between a cache and elsewhere.
   *
   * @param formats of each buffer, in the cache's order
   */
  public KvTransfer(KvCache cache, List<RowFormat> formats) {
    if (formats.size() != cache.buffers().size()) {
      throw new IllegalArgumentException(
          "formats: expected one of " + cache.buffers().size() + " buffers each, found " + formats.size());
    }
    this.cache = cache;
    this.formats = List.copyOf(formats);
  }

  /** What there is to save. After a step that failed, the cache first goes back to where its states are good. */
  public KvContents contents() {
    int position = cache.rewind(cache.position());
    if (position == 0) {
      return KvContents.NONE;
    }
    List<KvContents.Rows> rows = new ArrayList<>();
    for (int i = 0; i < formats.size(); i++) {
      RowFormat format = formats.get(i);
      rows.add(new KvContents.Rows(cache.buffers().get(i).firstHeld(), format.numbers(), format.numberBytes()));
    }
    List<Long> states = cache.states().stream().map(state -> state.memory().byteSize()).toList();
    return new KvContents(position, rows, states);
  }

  /**
   * Writes what {@link #contents} says.
   *
   * @throws IOException what the sink throws
   */
  public void save(KvContents contents, Sink sink) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      for (int i = 0; i < contents.buffers().size(); i++) {
        RowFormat format = formats.get(i);
        MemorySegment memory = cache.buffers().get(i).memory();
        MemorySegment staged = staged(arena, format);
        int most = (int) (staged.byteSize() / format.rowBytes());
        for (int at = contents.buffers().get(i).first(); at < contents.position(); at += most) {
          int count = Math.min(most, contents.position() - at);
          for (int row = 0; row < count; row++) {
            format.take(memory, at + row, staged.asSlice(row * format.rowBytes(), format.rowBytes()));
          }
          sink.write(staged.asSlice(0, count * format.rowBytes()));
        }
      }
    }
    for (int i = 0; i < contents.stateBytes().size(); i++) {
      sink.write(cache.states().get(i).memory());
    }
  }

  private static MemorySegment staged(Arena arena, RowFormat format) {
    long rows = Math.clamp(STAGED_BYTES / format.rowBytes(), 1, STAGED_ROWS);
    return arena.allocate(rows * format.rowBytes(), MemorySource.ALIGNMENT);
  }

  /** Why this cache cannot take contents, for people; empty if it can. */
  public Optional<String> obstacle(KvContents contents) {
    if (contents.equals(KvContents.NONE)) {
      return Optional.empty();
    }
    if (contents.position() > cache.capacity()) {
      return Optional.of("holds " + contents.position() + " positions, there is room for " + cache.capacity());
    }
    List<Long> states = cache.states().stream().map(state -> state.memory().byteSize()).toList();
    if (contents.buffers().size() != formats.size() || !contents.stateBytes().equals(states)) {
      return Optional.of("holds " + contents.buffers().size() + " buffers and states of " + contents.stateBytes()
          + " bytes, expected " + formats.size() + " and " + states);
    }
    for (int i = 0; i < formats.size(); i++) {
      KvContents.Rows rows = contents.buffers().get(i);
      RowFormat format = formats.get(i);
      if (rows.numbers() != format.numbers() || rows.numberBytes() != format.numberBytes()) {
        return Optional.of("keeps keys and values as " + rows.numbers() + " numbers of " + rows.numberBytes()
            + " bytes each, expected " + format.numbers() + " of " + format.numberBytes());
      }
      if (!cache.buffers().get(i).reaches(contents.position(), rows.first())) {
        return Optional.of("lacks the rows before position " + rows.first() + ", which the next one looks at");
      }
    }
    return Optional.empty();
  }

  /**
   * Fills an empty cache. The contents count once all of them are there; if the source fails, the cache stays empty.
   *
   * @param contents without an {@link #obstacle}
   * @throws IOException what the source throws
   */
  public void restore(KvContents contents, Source source) throws IOException {
    Optional<String> obstacle = obstacle(contents);
    if (obstacle.isPresent() || cache.position() != 0) {
      throw new IllegalArgumentException(
          "restore: expected an empty cache, and contents that fit: " + obstacle.orElse("it is filled"));
    }
    cache.makeRoomForAll(contents.position());
    try (Arena arena = Arena.ofConfined()) {
      for (int i = 0; i < contents.buffers().size(); i++) {
        restore(cache.buffers().get(i), formats.get(i), contents.buffers().get(i).first(), contents.position(), source,
            staged(arena, formats.get(i)));
      }
      for (int i = 0; i < contents.stateBytes().size(); i++) {
        source.read(cache.states().get(i).memory());
      }
      cache.beginAt(contents.position());
    } finally {
      if (cache.position() == 0) {
        cache.rewind(0);
      }
    }
  }

  /** Of a ring the last rows are kept, and the others passed over. */
  private static void restore(
      PositionBuffer buffer, RowFormat format, int first, int end, Source source, MemorySegment staged)
      throws IOException {
    int kept = end - buffer.shape().capacity();
    int most = (int) (staged.byteSize() / format.rowBytes());
    for (int at = first; at < end; at += most) {
      int count = Math.min(most, end - at);
      source.read(staged.asSlice(0, count * format.rowBytes()));
      for (int row = Math.max(0, kept - at); row < count; row++) {
        format.put(staged.asSlice(row * format.rowBytes(), format.rowBytes()), at + row, buffer.memory());
      }
    }
    buffer.lose(first);
  }
}
