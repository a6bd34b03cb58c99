package io.picaflor.tokenizer.piece;

import java.util.Arrays;

/** A growing array of ints, for one thread. */
public final class IntList {
  private int[] values;
  private int size;

  public IntList(int expectedSize) {
    values = new int[expectedSize];
  }

  public int size() {
    return size;
  }

  public int get(int index) {
    return values[index];
  }

  public void set(int index, int value) {
    values[index] = value;
  }

  public void add(int value) {
    if (size == values.length) {
      values = Arrays.copyOf(values, Math.max(16, size + (size >> 1)));
    }
    values[size++] = value;
  }

  public void clear() {
    size = 0;
  }

  /** A copy of the content. */
  public int[] toArray() {
    return Arrays.copyOf(values, size);
  }
}
