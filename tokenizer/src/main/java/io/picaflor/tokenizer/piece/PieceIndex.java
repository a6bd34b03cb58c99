package io.picaflor.tokenizer.piece;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.form.FormReader;
import io.picaflor.tokenizer.form.FormWriter;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Finds the id of a piece by its bytes: {@link HashSlots} over a {@link PieceTable}, without an object per piece.
 *
 * <p>Filled by one thread, then read by many.
 */
public final class PieceIndex {
  private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final PieceTable pieces;
  private final HashSlots slots;
  private int longest;

  private PieceIndex(PieceTable pieces, HashSlots slots, int longest) {
    this.pieces = pieces;
    this.slots = slots;
    this.longest = longest;
  }

  /** @param capacity how many pieces will be added at most */
  public PieceIndex(PieceTable pieces, int capacity) {
    this(pieces, new HashSlots(capacity, pieces.size()), 0);
  }

  /** An index in its place, of these pieces. */
  public static PieceIndex read(FormReader form, PieceTable pieces) throws TokenizerFormatException {
    int longest = form.number(0, Integer.MAX_VALUE);
    return new PieceIndex(pieces, HashSlots.read(form), longest);
  }

  /** Writes it without the pieces. */
  public void write(FormWriter form) {
    form.number(longest);
    slots.write(form);
  }

  /**
   * Adds the piece of an id, of pieces that were built in this process.
   *
   * @return -1, or the id that already has this piece (then nothing was added)
   * @throws TokenizerFormatException if the vocabulary was made to collide
   */
  public int add(int id) throws TokenizerFormatException {
    byte[] bytes = pieces.bytes();
    int from = pieces.start(id);
    int length = pieces.length(id);
    long hash = hash(bytes, from, length);
    int slot = slots.first(hash);
    for (int probes = 0; probes < HashSlots.MAX_PROBES; probes++) {
      int found = slots.get(slot);
      if (found == 0) {
        slots.set(slot, id, hash);
        longest = Math.max(longest, length);
        return -1;
      }
      if (slots.mayBe(found, hash) && isPiece(slots.entry(found), bytes, from, length)) {
        return slots.entry(found);
      }
      slot = slots.next(slot);
    }
    throw new TokenizerFormatException(
        "piece " + id + ": more than " + HashSlots.MAX_PROBES
            + " pieces share a hash value; was this vocabulary made to be slow?");
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
    int slot = slots.first(hash);
    for (int probes = 0; probes < HashSlots.MAX_PROBES; probes++) {
      int found = slots.get(slot);
      if (found == 0) {
        return -1;
      }
      if (slots.mayBe(found, hash) && isPiece(slots.entry(found), text, from, length)) {
        return slots.entry(found);
      }
      slot = slots.next(slot);
    }
    return -1;
  }

  private boolean isPiece(int id, byte[] text, int from, int length) {
    if (pieces.length(id) != length) {
      return false;
    }
    int start = pieces.start(id);
    int i = 0;
    for (; i + 8 < length; i += 8) {
      if (pieces.word(start + i) != (long) WORD.get(text, from + i)) {
        return false;
      }
    }
    return ((pieces.word(start + i) ^ (long) WORD.get(text, from + i)) & lowBytes(length - i)) == 0;
  }

  static long hash(byte[] text, int from, int length) {
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
