package io.picaflor.tokenizer.huggingface;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.form.FormReader;
import io.picaflor.tokenizer.form.FormWriter;
import io.picaflor.tokenizer.piece.HashSlots;
import io.picaflor.tokenizer.piece.IntTable;

/**
 * Which pairs of ids merge, in which order, and into what: {@link HashSlots} over the merges by rank.
 *
 * <p>Filled by one thread, then read by many.
 */
final class MergeTable {
  /** What {@link #find} returns for a pair that does not merge. */
  static final long NONE = Long.MAX_VALUE;

  /** What a merge has: left, right, and what they become. */
  private static final int MERGE_INTS = 3;

  // By rank.
  private final IntTable merges;
  private final HashSlots slots;

  MergeTable(int capacity) {
    merges = new IntTable(Math.multiplyExact(MERGE_INTS, capacity));
    slots = new HashSlots(capacity, capacity);
  }

  /** A table in its place. */
  MergeTable(FormReader form) throws TokenizerFormatException {
    merges = IntTable.read(form);
    slots = HashSlots.read(form);
  }

  void write(FormWriter form) {
    merges.write(form);
    slots.write(form);
  }

  /** Adds a pair; of a pair that comes twice the last rank counts, as in the reference. */
  void add(int left, int right, int rank, int merged) throws TokenizerFormatException {
    merges.set(MERGE_INTS * rank, left);
    merges.set(MERGE_INTS * rank + 1, right);
    merges.set(MERGE_INTS * rank + 2, merged);
    long hash = hash(left, right);
    int slot = slots.first(hash);
    for (int probes = 0; probes < HashSlots.MAX_PROBES; probes++) {
      int found = slots.get(slot);
      if (found == 0 || slots.mayBe(found, hash) && isPair(slots.entry(found), left, right)) {
        slots.set(slot, rank, hash);
        return;
      }
      slot = slots.next(slot);
    }
    throw new TokenizerFormatException("tokenizer.json, model.merges[" + rank + "]: more than " + HashSlots.MAX_PROBES
        + " pairs share a hash value; was this vocabulary made to be slow?");
  }

  /** {@code rank << 32 | merged id}, or {@link #NONE}. */
  long find(int left, int right) {
    long hash = hash(left, right);
    int slot = slots.first(hash);
    for (int probes = 0; probes < HashSlots.MAX_PROBES; probes++) {
      int found = slots.get(slot);
      if (found == 0) {
        return NONE;
      }
      if (slots.mayBe(found, hash)) {
        int rank = slots.entry(found);
        if (isPair(rank, left, right)) {
          return (long) rank << 32 | merges.get(MERGE_INTS * rank + 2);
        }
      }
      slot = slots.next(slot);
    }
    return NONE;
  }

  private boolean isPair(int rank, int left, int right) {
    return merges.get(MERGE_INTS * rank) == left && merges.get(MERGE_INTS * rank + 1) == right;
  }

  private static long hash(int left, int right) {
    long h = (((long) left << 32 | right) + 1) * 0x9E3779B97F4A7C15L;
    return (h ^ h >>> 32) * 0xD6E8FEB86659FD93L;
  }
}
