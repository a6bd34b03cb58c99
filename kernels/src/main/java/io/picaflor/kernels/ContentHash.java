package io.picaflor.kernels;

import java.lang.foreign.MemorySegment;

/**
 * A hash of bytes that is as hard to meet twice as SHA-256 and can be computed by vectors.
 *
 * <p>The bytes, filled up with zeros to a multiple of {@link #UNIT_BYTES}, are read as little-endian words of 32 bits and dealt
 * to 16 stripes: word i goes to stripe i % 16. A stripe's words, in the big-endian order of bytes that SHA-256 reads, are a message.
 * The hash is the first words of the messages' digests, then the second ones .. the eighth, 16 of each, little-endian. Who needs to tell
 * bytes from the same with zeros behind them hashes their number as well.
 *
 * <p>All ways to it have one result. Thread rule: safe for many threads.
 */
public interface ContentHash {
  /** A block of SHA-256 for each stripe. */
  int UNIT_BYTES = 1024;

  /** Bytes of a hash. */
  int HASH_BYTES = 512;

  /**
   * The hash of some bytes.
   *
   * @param bytes any memory, of any size; a mapped file too: what is cut meanwhile is an {@code InternalError}
   */
  byte[] hash(MemorySegment bytes);
}
