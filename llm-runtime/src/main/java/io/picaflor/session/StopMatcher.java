package io.picaflor.session;

import java.util.List;

/**
 * Finds sequences of token ids, or texts, at the end of what was generated, and how much of that end might still become one.
 *
 * <p>A true suffix match: sequences that overlap themselves are found too.
 */
public final class StopMatcher {
  private final List<int[]> sequences;
  private final List<String> texts;

  /** A matcher of sequences of ids and of texts; none of them empty. */
  public StopMatcher(List<int[]> sequences, List<String> texts) {
    this.sequences = sequences;
    this.texts = texts;
  }

  /** The length of the longest sequence that the ids end with; 0 for none. */
  public int matched(int[] ids) {
    int longest = 0;
    for (int[] sequence : sequences) {
      if (sequence.length > longest && endsWith(ids, sequence, sequence.length)) {
        longest = sequence.length;
      }
    }
    return longest;
  }

  /** The number of ids at the end that begin a sequence and are not all of it. */
  public int begun(int[] ids) {
    int longest = 0;
    for (int[] sequence : sequences) {
      for (int length = Math.min(sequence.length - 1, ids.length); length > longest; length--) {
        if (endsWith(ids, sequence, length)) {
          longest = length;
        }
      }
    }
    return longest;
  }

  /** Whether the ids end with the first {@code length} ids of a sequence. */
  private static boolean endsWith(int[] ids, int[] sequence, int length) {
    if (length > ids.length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (ids[ids.length - length + i] != sequence[i]) {
        return false;
      }
    }
    return true;
  }

  /** Where the first of the texts begins in a text; -1 for none. */
  public int found(CharSequence text) {
    String all = text.toString();
    int first = -1;
    for (String stop : texts) {
      int at = all.indexOf(stop);
      if (at >= 0 && (first < 0 || at < first)) {
        first = at;
      }
    }
    return first;
  }

  /** The number of characters at the end that begin one of the texts and are not all of it. */
  public int begun(CharSequence text) {
    String all = text.toString();
    int longest = 0;
    for (String stop : texts) {
      for (int length = Math.min(stop.length() - 1, all.length()); length > longest; length--) {
        if (all.endsWith(stop.substring(0, length))) {
          longest = length;
        }
      }
    }
    return longest;
  }
}
