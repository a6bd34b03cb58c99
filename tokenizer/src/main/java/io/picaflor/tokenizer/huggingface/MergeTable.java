package io.picaflor.tokenizer.huggingface;

import io.picaflor.tokenizer.TokenizerFormatException;

/**
 * Which pairs of ids merge, in which order, and into what: an open-addressing hash table.
 *
 * <p>Filled by one thread, then read by many.
 */
final class MergeTable {
  /** What {@link #find} returns for a pair that does not merge. */
  static final long NONE = Long.MAX_VALUE;

  private static final int MAX_PROBES = 4096;

  // left << 32 | right, plus one so that 0 is a free slot
  private final long[] pairs;
  // rank << 32 | merged id
  private final long[] merges;
  private final int shift;

  MergeTable(int capacity) {
    int bits = Math.max(4, 33 - Integer.numberOfLeadingZeros(Math.max(1, capacity - 1)));
    pairs = new long[1 << bits];
    merges = new long[1 << bits];
    shift = 64 - bits;
  }

  /** Adds a pair; of a pair that comes twice the last rank counts, as in the reference. */
  void add(int left, int right, int rank, int merged) throws TokenizerFormatException {
    long pair = ((long) left << 32 | right) + 1;
    int slot = slot(pair);
    for (int probes = 0; pairs[slot] != 0 && pairs[slot] != pair; probes++) {
      if (probes == MAX_PROBES) {
        throw new TokenizerFormatException("tokenizer.json, model.merges[" + rank + "]: more than " + MAX_PROBES
            + " pairs share a hash value; was this vocabulary made to be slow?");
      }
      slot = slot + 1 & pairs.length - 1;
    }
    pairs[slot] = pair;
    merges[slot] = (long) rank << 32 | merged;
  }

  /** {@code rank << 32 | merged id}, or {@link #NONE}. */
  long find(int left, int right) {
    long pair = ((long) left << 32 | right) + 1;
    int slot = slot(pair);
    while (pairs[slot] != 0) {
      if (pairs[slot] == pair) {
        return merges[slot];
      }
      slot = slot + 1 & pairs.length - 1;
    }
    return NONE;
  }

  private int slot(long pair) {
    long h = pair * 0x9E3779B97F4A7C15L;
    return (int) ((h ^ h >>> 32) * 0xD6E8FEB86659FD93L >>> shift);
  }
}
