package io.picaflor.weightcache;

import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/**
 * One blob that a cache shall hold: its key, and who writes it, in parts, when no cache has it yet.
 *
 * <p>Only {@link #key} is asked on a hit; sizes and bytes are asked of what is missing. The parts lie one after the other
 * in the blob and are written in any order by any thread, each one once.
 */
public interface BlobSource {
  /** The largest part, in bytes: what a packing thread holds at a time. In memory parts may be larger. */
  int MAX_PART_BYTES = 8 << 20;

  /**
   * A blob that is made in one piece, such as a tokenizer's tables; it is asked for once, and only if no cache has it.
   *
   * @param content any memory that all threads may read
   */
  static BlobSource whole(BlobKey key, String label, Supplier<MemorySegment> content) {
    return new WholeBlob(key, label, content);
  }

  /** The blob's name; equal keys promise equal bytes. */
  BlobKey key();

  /** What the blob is, for people, such as {@code layer 3, gate and up}; at most 1000 characters. */
  String label();

  /** What the blob's start must be aligned to, in bytes: a power of two from 64 to 4096. */
  default int alignment() {
    return CacheFormat.BLOB_ALIGNMENT;
  }

  /** The number of parts, at least 1. */
  int parts();

  /** Size of a part in bytes, 1 to {@link #MAX_PART_BYTES}; in memory more. */
  int partBytes(int part);

  /**
   * Writes one part.
   *
   * @param target {@code partBytes(part)} bytes, all zero, to be written in any order; aligned to 64 if the parts before
   *     have sizes that 64 divides. Its place in memory says nothing of the blob's
   */
  void write(int part, MemorySegment target);
}
