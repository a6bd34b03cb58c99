package io.picaflor.tokenizer.piece;

import java.util.Arrays;

/**
 * Remembers what short runs of bytes became, for words come again and again in a text: merging one anew costs some ten times as much.
 *
 * <p>One place for each hash value, the newest run stays. For one thread, and for runs whose ids depend on their bytes alone.
 */
public final class RunMemo {
  private static final int PLACE_BITS = 10;
  private static final int PLACES = 1 << PLACE_BITS;
  private static final int MOST_BYTES = 24;
  private static final int MOST_IDS = 8;
  /** Runs before the first one is remembered: short texts seldom repeat themselves. */
  private static final int UNREMEMBERED = 32;

  // By place: the run's length in bytes (0 if there is none), its bytes, how many ids it became, and these.
  private byte[] lengths;
  private byte[] runs;
  private byte[] counts;
  private int[] ids;
  private int seen;

  /**
   * Looks for a run; {@code text} has {@link Utf8Buffer#SLACK} bytes behind it.
   *
   * @param target takes its ids, if it is known
   * @return whether it is
   */
  public boolean recall(byte[] text, int from, int length, IntList target) {
    if (lengths == null || length > MOST_BYTES) {
      return false;
    }
    int place = place(text, from, length);
    int at = place * MOST_BYTES;
    if (lengths[place] != length || !Arrays.equals(runs, at, at + length, text, from, from + length)) {
      return false;
    }
    for (int i = 0; i < counts[place]; i++) {
      target.add(ids[place * MOST_IDS + i]);
    }
    return true;
  }

  /** Remembers a run, which became the ids of {@code source} from {@code firstId} on. */
  public void remember(byte[] text, int from, int length, IntList source, int firstId) {
    int count = source.size() - firstId;
    if (length == 0 || length > MOST_BYTES || count > MOST_IDS || seen++ < UNREMEMBERED) {
      return;
    }
    if (lengths == null) {
      lengths = new byte[PLACES];
      runs = new byte[PLACES * MOST_BYTES];
      counts = new byte[PLACES];
      ids = new int[PLACES * MOST_IDS];
    }
    int place = place(text, from, length);
    lengths[place] = (byte) length;
    System.arraycopy(text, from, runs, place * MOST_BYTES, length);
    counts[place] = (byte) count;
    for (int i = 0; i < count; i++) {
      ids[place * MOST_IDS + i] = source.get(firstId + i);
    }
  }

  private static int place(byte[] text, int from, int length) {
    return (int) (PieceIndex.hash(text, from, length) >>> Long.SIZE - PLACE_BITS);
  }
}
