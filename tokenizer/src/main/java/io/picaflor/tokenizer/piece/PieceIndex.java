package io.picaflor.tokenizer.piece;

import io.picaflor.tokenizer.TokenizerFormatException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Finds the id of a piece by its bytes: an open-addressing hash table over a {@link PieceTable}, without an object per
 * piece.
 *
 * <p>Filled by one thread, then read by many.
 */
public final class PieceIndex {
  /** Longest row of used slots that is accepted: a table that is half full stays far below, unless made to collide. */
  private static final int MAX_PROBES = 1024;

  private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final PieceTable pieces;
  // High half: 32 bits of the hash, low half: id + 1; 0 is a free slot. Misses, which are most look-ups, touch one
  // word.
  private final long[] slots;
  private final int shift;
  private int longest;

  /** @param capacity how many pieces will be added at most */
  public PieceIndex(PieceTable pieces, int capacity) {
    this.pieces = pieces;
    int bits = Math.max(4, 33 - Integer.numberOfLeadingZeros(Math.max(1, capacity - 1)));
    slots = new long[1 << bits];
    shift = 64 - bits;
  }

  /**
   * Adds the piece of an id.
   *
   * @return -1, or the id that already has this piece (then nothing was added)
   * @throws TokenizerFormatException if the vocabulary was made to collide
   */
  public int add(int id) throws TokenizerFormatException {
    byte[] bytes = pieces.bytes();
    int from = pieces.start(id);
    int length = pieces.length(id);
    long hash = hash(bytes, from, length);
    int slot = (int) (hash >>> shift);
    for (int probes = 0; probes < MAX_PROBES; probes++) {
      long found = slots[slot];
      if (found == 0) {
        slots[slot] = hash << 32 | (id + 1);
        longest = Math.max(longest, length);
        return -1;
      }
      if ((int) (found >>> 32) == (int) hash && isPiece((int) found - 1, bytes, from, length)) {
        return (int) found - 1;
      }
      slot = slot + 1 & slots.length - 1;
    }
    throw new TokenizerFormatException(
        "piece " + id + ": more than " + MAX_PROBES
            + " pieces share a hash value; was this vocabulary made to be slow?");
  }

  /** Length of the longest piece in bytes: what is longer need not be looked up. */
  public int longestPiece() {
    return longest;
  }

  /**
   * The id of a piece.
   *
   * @param text an array with at least {@link Utf8Buffer#SLACK} bytes behind {@code from + length}
   * @return the id, or -1
   */
  public int find(byte[] text, int from, int length) {
    if (length > longest || length == 0) {
      return -1;
    }
    long hash = hash(text, from, length);
    int slot = (int) (hash >>> shift);
    while (true) {
      long found = slots[slot];
      if (found == 0) {
        return -1;
      }
      if ((int) (found >>> 32) == (int) hash && isPiece((int) found - 1, text, from, length)) {
        return (int) found - 1;
      }
      slot = slot + 1 & slots.length - 1;
    }
  }

  private boolean isPiece(int id, byte[] text, int from, int length) {
    if (pieces.length(id) != length) {
      return false;
    }
    byte[] bytes = pieces.bytes();
    int start = pieces.start(id);
    int i = 0;
    for (; i + 8 < length; i += 8) {
      if ((long) WORD.get(bytes, start + i) != (long) WORD.get(text, from + i)) {
        return false;
      }
    }
    return (((long) WORD.get(bytes, start + i) ^ (long) WORD.get(text, from + i)) & lowBytes(length - i)) == 0;
  }

  private static long hash(byte[] text, int from, int length) {
    long h = length;
    int i = from;
    int left = length;
    for (; left > 8; left -= 8, i += 8) {
      h = mix(h ^ (long) WORD.get(text, i));
    }
    return mix(h ^ (long) WORD.get(text, i) & lowBytes(left));
  }

  /** A mask of the first 1 to 8 bytes of a little-endian word; of none for 0. */
  private static long lowBytes(int count) {
    return count == 0 ? 0 : -1L >>> 64 - 8 * count;
  }

  private static long mix(long x) {
    long h = x * 0x9E3779B97F4A7C15L;
    h = (h ^ h >>> 32) * 0xD6E8FEB86659FD93L;
    return h ^ h >>> 29;
  }
}
