package io.picaflor.tokenizer.form;

import io.picaflor.tokenizer.TokenizerFormatException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Collects what a tokenizer consists of, in the order in which {@link FormReader} reads it. For one thread. */
public final class FormWriter {
  private ByteBuffer settings = ByteBuffer.allocate(1 << 10).order(ByteOrder.LITTLE_ENDIAN);
  private final List<ByteBuffer> tables = new ArrayList<>();
  private long tableBytes;

  /** Writes a truth value. */
  public void flag(boolean value) {
    reserve(1).put((byte) (value ? 1 : 0));
  }

  /** Writes a whole number. */
  public void number(int value) {
    reserve(Integer.BYTES).putInt(value);
  }

  /** Writes a float of 64 bits. */
  public void real(double value) {
    reserve(Double.BYTES).putDouble(value);
  }

  /** Writes a text, in UTF-16: a tokenizer.json may hold halves of surrogate pairs. */
  public void text(String value) {
    number(value.length());
    reserve(Math.multiplyExact(Character.BYTES, value.length()));
    for (int i = 0; i < value.length(); i++) {
      settings.putChar(value.charAt(i));
    }
  }

  /** Writes a table: the whole buffer, which stays as it is until {@link #finish}. */
  public void table(ByteBuffer content) {
    if (tableBytes <= Integer.MAX_VALUE) { // else finish refuses it
      number((int) tableBytes);
      number(content.capacity());
    }
    tables.add(content);
    tableBytes = PreparedForm.aligned(tableBytes + content.capacity());
  }

  /**
   * The whole form.
   *
   * @throws TokenizerFormatException if it would be too large
   */
  public MemorySegment finish(PreparedForm.Kind kind) throws TokenizerFormatException {
    int settingsBytes = settings.position();
    long begin = PreparedForm.aligned(PreparedForm.HEADER_BYTES + settingsBytes);
    if (begin + tableBytes > Integer.MAX_VALUE - PreparedForm.ALIGNMENT) {
      throw new TokenizerFormatException("tokenizer: is too large to be prepared, " + (begin + tableBytes) + " bytes");
    }
    ByteBuffer whole = ByteBuffer.allocate((int) (begin + tableBytes)).order(ByteOrder.LITTLE_ENDIAN);
    whole.put(PreparedForm.HEADER_BYTES, settings, 0, settingsBytes);
    long at = begin;
    for (ByteBuffer table : tables) {
      whole.put((int) at, table, 0, table.capacity());
      at = PreparedForm.aligned(at + table.capacity());
    }
    PreparedForm.writeHeader(whole, kind, settingsBytes);
    return MemorySegment.ofArray(whole.array()).asReadOnly();
  }

  private ByteBuffer reserve(int count) {
    if (count > settings.remaining()) {
      int capacity = Math.max(2 * settings.capacity(), Math.addExact(settings.position(), count));
      settings = ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN).put(settings.flip());
    }
    return settings;
  }
}
