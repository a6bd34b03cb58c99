package io.picaflor.tokenizer.piece;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.form.FormReader;
import io.picaflor.tokenizer.form.FormWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * The pieces of a vocabulary as UTF-8 bytes, one behind the other, by id; in a mapping or in memory.
 *
 * <p>Immutable. An id without a piece (a hole) has length 0.
 */
public final class PieceTable {
  // All pieces, and Utf8Buffer.SLACK bytes behind them.
  private final ByteBuffer bytes;
  private final IntTable starts;

  private PieceTable(ByteBuffer bytes, IntTable starts) {
    this.bytes = bytes;
    this.starts = starts;
  }

  /** A table in its place. */
  public static PieceTable read(FormReader form) throws TokenizerFormatException {
    IntTable starts = IntTable.read(form);
    ByteBuffer bytes = form.table();
    if (starts.size() < 1 || bytes.capacity() < Utf8Buffer.SLACK) {
      throw form.damaged("expected pieces, found " + starts.size() + " ids and " + bytes.capacity() + " bytes");
    }
    return new PieceTable(bytes, starts);
  }

  /** Writes it. */
  public void write(FormWriter form) {
    starts.write(form);
    form.table(bytes);
  }

  /** Number of ids, holes included. */
  public int size() {
    return starts.size() - 1;
  }

  /**
   * All pieces of a table that was built in this process, not to be changed; {@link Utf8Buffer#SLACK} bytes follow the last
   * one. A mapped table is never taken out as a whole.
   */
  public byte[] bytes() {
    return bytes.array();
  }

  /** Eight bytes from a place in the pieces on, the first one lowest. */
  long word(int position) {
    return bytes.getLong(position);
  }

  /** The byte of a piece at this place in it. */
  public byte byteAt(int id, int index) {
    return bytes.get(starts.get(id) + index);
  }

  /** Where the piece {@code id} begins in the pieces' bytes. */
  public int start(int id) {
    return starts.get(id);
  }

  /** Length of the piece {@code id} in bytes. */
  public int length(int id) {
    return starts.get(id + 1) - starts.get(id);
  }

  public String text(int id) {
    int start = starts.get(id);
    int length = length(id);
    Objects.checkFromIndexSize(start, length, bytes.capacity());
    byte[] piece = new byte[length];
    bytes.get(start, piece);
    return new String(piece, StandardCharsets.UTF_8);
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
      byte[] bytes = Arrays.copyOf(buffer.bytes(), buffer.length() + Utf8Buffer.SLACK);
      Arrays.fill(bytes, buffer.length(), bytes.length, (byte) 0); // equal tokenizers are equal bytes
      return new PieceTable(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN), IntTable.of(starts, size + 1));
    }
  }
}
