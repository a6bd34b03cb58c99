package io.picaflor.kvcache;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The state of one session: the keys and values of each layer, allocated once for the whole context, and the position up to
 * which they are filled.
 *
 * <p>Buffers go by name; what their bytes mean is known to whoever computes them. All begin as zeros. Rows behind the
 * position may hold leftovers: they are overwritten before anything reads them.
 *
 * <p>Belongs to one thread at a time. {@link #close} frees the memory; segments taken from here are invalid then.
 */
public final class KvCache implements AutoCloseable {
  private static final long ALIGNMENT = 64;

  private final Arena arena = Arena.ofShared();
  private final Map<String, MemorySegment> buffers = new LinkedHashMap<>();
  private final int capacity;
  private int position;

  /**
   * Allocates all buffers.
   *
   * @param capacity positions that the buffers have room for, at least 1
   * @param bufferBytes size of each buffer by its name
   * @throws IllegalArgumentException if a size is not positive
   * @throws OutOfMemoryError if the machine has not so much memory
   */
  public KvCache(int capacity, Map<String, Long> bufferBytes) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity: expected at least 1 position, found " + capacity);
    }
    this.capacity = capacity;
    try {
      bufferBytes.forEach((name, bytes) -> buffers.put(name, allocate(name, bytes)));
    } catch (IllegalArgumentException | OutOfMemoryError e) {
      arena.close();
      throw e;
    }
  }

  private MemorySegment allocate(String name, long bytes) {
    if (bytes <= 0) {
      throw new IllegalArgumentException("buffer " + name + ": expected a positive size, found " + bytes);
    }
    return arena.allocate(bytes, ALIGNMENT);
  }

  /** All buffers by name; the segments may be written, the map may not. */
  public Map<String, MemorySegment> buffers() {
    return Collections.unmodifiableMap(buffers);
  }

  /** Bytes of all buffers together. */
  public long bytes() {
    return buffers.values().stream().mapToLong(MemorySegment::byteSize).sum();
  }

  /** The number of positions that there is room for. */
  public int capacity() {
    return capacity;
  }

  /** The number of positions that are filled, which is the position of the next token. */
  public int position() {
    return position;
  }

  /** The number of positions that are still free. */
  public int remaining() {
    return capacity - position;
  }

  /**
   * Counts positions that have just been filled.
   *
   * @throws IllegalArgumentException if there are not so many left
   */
  public void advance(int positions) {
    if (positions < 0 || positions > remaining()) {
      throw new IllegalArgumentException("advance: expected 0 to " + remaining() + " positions, found " + positions);
    }
    position += positions;
  }

  /**
   * Goes back to an earlier position; what was filled behind it is forgotten.
   *
   * @throws IllegalArgumentException if that position is not filled
   */
  public void rewind(int target) {
    if (target < 0 || target > position) {
      throw new IllegalArgumentException("rewind: expected a position of 0 to " + position + ", found " + target);
    }
    position = target;
  }

  /** Empties the cache: zeros in all buffers, position 0. State that is no function of positions needs the zeros. */
  public void clear() {
    buffers.values().forEach(buffer -> buffer.fill((byte) 0));
    position = 0;
  }

  /** Frees the memory; a second time does nothing. */
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
