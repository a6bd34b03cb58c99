package io.picaflor.kvcache;

import io.picaflor.platform.ReservedMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Where the memory of buffers comes from. Thread rule: safe for many threads.
 *
 * <p>The sources are no constants: an interface that has to be initialized keeps its lambdas out of an AOT cache.
 */
public interface MemorySource {

  /** The JDK's own allocation. It writes zeros at once, so all of it takes room from the start. */
  static MemorySource allocated() {
    return bytes -> Optional.empty();
  }

  /**
   * Address space of the operating system where it can be had, else {@link #allocated}. The first call of a process starts the
   * FFM API, if nothing has before.
   */
  static MemorySource reserved() {
    return bytes -> ReservedMemory.reserve(bytes).map(all -> new Region(all.segment(), all::close));
  }

  /** What addresses of buffers are a multiple of: a line of the CPU's caches. */
  long ALIGNMENT = 64;

  /**
   * Memory and what gives it back.
   *
   * @param memory zeros, aligned to {@link #ALIGNMENT}
   * @param free run once, by the owner
   */
  record Region(MemorySegment memory, Runnable free) {}

  /**
   * Address space of which a page takes room only once it is touched; empty where there is no such thing: then buffers are
   * {@link #allocate allocated} as they grow.
   *
   * @param bytes at least 1
   */
  Optional<Region> reserve(long bytes);

  /**
   * Memory that is there at once.
   *
   * @param bytes at least 1
   * @throws OutOfMemoryError if there is not so much
   */
  default Region allocate(long bytes) {
    Arena arena = Arena.ofShared();
    try {
      return new Region(arena.allocate(bytes, ALIGNMENT), arena::close);
    } catch (OutOfMemoryError e) {
      arena.close();
      throw e;
    }
  }
}
