package io.picaflor.tokenizer.piece;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The pieces of a vocabulary as UTF-8 bytes, one behind the other in a single array, by id.
 *
 * <p>Immutable. An id without a piece (a hole) has length 0.
 */
public final class PieceTable {
  private final byte[] bytes;
  private final int[] starts;

  private PieceTable(byte[] bytes, int[] starts) {
    this.bytes = bytes;
    this.starts = starts;
  }

  /** Number of ids, holes included. */
  public int size() {
    return starts.length - 1;
  }

  /** All pieces; not to be changed. {@link Utf8Buffer#SLACK} bytes follow the last one. */
  public byte[] bytes() {
    return bytes;
  }

  /** Where the piece {@code id} begins in {@link #bytes()}. */
  public int start(int id) {
    return starts[id];
  }

  /** Length of the piece {@code id} in bytes. */
  public int length(int id) {
    return starts[id + 1] - starts[id];
  }

  public String text(int id) {
    return new String(bytes, starts[id], length(id), StandardCharsets.UTF_8);
  }

  /** Collects pieces in the order of their ids. */
  public static final class Builder {
    private final Utf8Buffer buffer;
    private int[] starts;
    private int size;

    public Builder(int expectedPieces, int expectedBytes) {
      buffer = new Utf8Buffer(expectedBytes);
      starts = new int[expectedPieces + 1];
    }

    public int size() {
      return size;
    }

    /** Adds the piece of the next id. */
    public void add(byte[] source, int from, int length) {
      if (size + 1 == starts.length) {
        starts = Arrays.copyOf(starts, starts.length + (starts.length >> 1) + 16);
      }
      buffer.append(source, from, length);
      starts[++size] = buffer.length();
    }

    public PieceTable build() {
      return new PieceTable(Arrays.copyOf(buffer.bytes(), buffer.length() + Utf8Buffer.SLACK),
          Arrays.copyOf(starts, size + 1));
    }
  }
}
