package io.picaflor.session;

import java.util.Arrays;
import java.util.Objects;

/** A growing sequence of token ids. One thread at a time. */
public final class IntSequence {
  private int[] values = new int[64];
  private int size;

  /** The number of ids. */
  public int size() {
    return size;
  }

  /** The id at an index. */
  public int get(int index) {
    return values[Objects.checkIndex(index, size)];
  }

  /** Appends ids. */
  public void add(int... ids) {
    if (size + ids.length > values.length) {
      values = Arrays.copyOf(values, Math.max(2 * values.length, size + ids.length));
    }
    System.arraycopy(ids, 0, values, size, ids.length);
    size += ids.length;
  }

  /** Keeps the first ids only. */
  public void truncate(int newSize) {
    size = Objects.checkIndex(newSize, size + 1);
  }

  /** A copy of the ids from one index to another, exclusive. */
  public int[] range(int from, int to) {
    Objects.checkFromToIndex(from, to, size);
    return Arrays.copyOfRange(values, from, to);
  }
}
