package io.picaflor.weightcache;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Where blobs lie that no file holds. */
@FunctionalInterface
public interface BlobMemory {
  /** The JDK's own allocation, which writes zeros over all of it at once. */
  BlobMemory ALLOCATED = bytes -> {
    Arena arena = Arena.ofShared();
    try {
      return new Region(arena.allocate(bytes, CacheFormat.BLOB_ALIGNMENT), arena::close);
    } catch (OutOfMemoryError e) {
      arena.close();
      throw e;
    }
  };

  /** The same, but the memory stays until nobody can reach it. */
  BlobMemory COLLECTED =
      bytes -> new Region(Arena.ofAuto().allocate(bytes, CacheFormat.BLOB_ALIGNMENT), () -> {});

  /**
   * Memory and what gives it back.
   *
   * @param memory zeros, for all threads
   * @param free run once
   */
  record Region(MemorySegment memory, Runnable free) {}

  /**
   * Memory for all blobs of a request.
   *
   * @param bytes at least 1
   * @throws OutOfMemoryError if there is not so much
   */
  Region allocate(long bytes);
}
