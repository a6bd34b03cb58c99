package io.picaflor.kvcache;

import java.util.List;

/**
 * What of a cache is worth keeping elsewhere: the rows of each buffer, and the states, at a position.
 *
 * <p>As bytes these are the buffers one after the other, each with its rows by position, then the states.
 *
 * @param position the number of positions that are filled
 * @param buffers which rows there are of each buffer, up to that position
 * @param stateBytes bytes of each state
 */
public record KvContents(int position, List<Rows> buffers, List<Long> stateBytes) {
  /** Nothing, of any cache. */
  public static final KvContents NONE = new KvContents(0, List.of(), List.of());

  /**
   * The rows of a buffer.
   *
   * @param first the position of the first row
   * @param numbers numbers of a row
   * @param numberBytes bytes of a number
   */
  public record Rows(int first, int numbers, int numberBytes) {
    public Rows {
      if (first < 0 || numbers < 1 || numberBytes < 1) {
        throw new IllegalArgumentException("rows: expected a position and positive sizes, found position " + first
            + ", " + numbers + " numbers of " + numberBytes + " bytes");
      }
    }

    long bytes() {
      return (long) numbers * numberBytes;
    }
  }

  public KvContents {
    buffers = List.copyOf(buffers);
    stateBytes = List.copyOf(stateBytes);
    for (Rows rows : buffers) {
      if (rows.first > position) {
        throw new IllegalArgumentException(
            "rows: expected the first at a position of 0 to " + position + ", found " + rows.first);
      }
    }
    for (long bytes : stateBytes) {
      if (bytes < 1) {
        throw new IllegalArgumentException("state: expected a positive size, found " + bytes);
      }
    }
  }

  /**
   * Bytes of all rows and states.
   *
   * @throws ArithmeticException if nobody could have so many
   */
  public long bytes() {
    long bytes = 0;
    for (Rows rows : buffers) {
      bytes = Math.addExact(bytes, Math.multiplyExact(position - rows.first, rows.bytes()));
    }
    for (long state : stateBytes) {
      bytes = Math.addExact(bytes, state);
    }
    return bytes;
  }
}
