package io.picaflor.platform;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.Optional;

/**
 * Memory of which only the address space is taken at once: each page is made, filled with zeros, when it is first touched, and can
 * be given back.
 *
 * <p>Where the system has no memory left for a page that is touched, it ends a process of its choice, as it does for any memory:
 * nothing is set aside by reserving.
 *
 * <p>Owns its memory: after {@link #close} the segment and its slices throw at each access. Thread rule: safe for many threads, but
 * {@link #close} must not meet a thread that is inside the segment's memory by raw address.
 */
public final class ReservedMemory implements AutoCloseable {
  private final MemoryFunctions functions;
  private final Arena arena;
  private final MemorySegment segment;

  private ReservedMemory(MemoryFunctions functions, Arena arena, MemorySegment segment) {
    this.functions = functions;
    this.arena = arena;
    this.segment = segment;
  }

  /**
   * Reserves address space, rounded up to whole pages.
   *
   * @return empty where this cannot be done (another system than Linux or macOS, no native access) or is refused (a limit of
   *     address space): the caller then takes memory in the common way, as it needs it
   * @throws IllegalArgumentException if {@code bytes} is not positive
   */
  public static Optional<ReservedMemory> reserve(long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException("bytes to reserve: expected at least 1, found " + bytes);
    }
    return MemoryFunctions.ofSystem().flatMap(functions -> reserve(functions, bytes));
  }

  @SuppressWarnings("restricted") // native access was asked for by MemoryFunctions
  private static Optional<ReservedMemory> reserve(MemoryFunctions functions, long bytes) {
    long page = functions.pageBytes();
    if (bytes > Long.MAX_VALUE - page) {
      return Optional.empty(); // no machine has that
    }
    long size = Math.ceilDiv(bytes, page) * page;
    return functions.map(size).map(address -> {
      Arena arena = Arena.ofShared();
      return new ReservedMemory(functions, arena, address.reinterpret(size, arena, functions::unmap));
    });
  }

  /** All of it, at least as large as was asked for, aligned to a page. */
  public MemorySegment segment() {
    return segment;
  }

  /** Bytes of a page of this machine, in which memory is made and given back. */
  public long pageBytes() {
    return functions.pageBytes();
  }

  /**
   * Gives back the pages that lie wholly inside of a range. What was in them is undefined afterwards, and they are made again when
   * they are touched again.
   *
   * @return whether the system took it; otherwise all is as before
   * @throws IndexOutOfBoundsException if the range is not inside of the memory
   * @throws IllegalStateException if it is closed
   */
  public boolean release(long offset, long bytes) {
    Objects.checkFromIndexSize(offset, bytes, segment.byteSize());
    if (!segment.scope().isAlive()) {
      throw new IllegalStateException("reserved memory is closed");
    }
    long page = functions.pageBytes();
    long from = Math.ceilDiv(offset, page) * page;
    long to = (offset + bytes) / page * page;
    return from >= to || functions.release(segment.address() + from, to - from);
  }

  /** Gives all of it back, address space too. A second time does nothing. */
  @Override
  public void close() {
    if (segment.scope().isAlive()) {
      arena.close();
    }
  }
}
