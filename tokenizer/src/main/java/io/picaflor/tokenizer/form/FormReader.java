package io.picaflor.tokenizer.form;

import io.picaflor.tokenizer.TokenizerFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Reads what {@link FormWriter} wrote, value by value; every length and offset is checked. For one thread. */
public final class FormReader {
  private final ByteBuffer settings;
  private final ByteBuffer tables;

  FormReader(ByteBuffer settings, ByteBuffer tables) {
    this.settings = settings;
    this.tables = tables;
  }

  /** The next value, a truth value. */
  public boolean flag() throws TokenizerFormatException {
    int value = require(1).get();
    if (value != 0 && value != 1) {
      throw damaged("expected 0 or 1, found " + value);
    }
    return value == 1;
  }

  /** The next value, a whole number. */
  public int number() throws TokenizerFormatException {
    return require(Integer.BYTES).getInt();
  }

  /** The next value, a whole number in a range, both ends included. */
  public int number(int least, int most) throws TokenizerFormatException {
    int value = number();
    if (value < least || value > most) {
      throw damaged("expected " + least + " to " + most + ", found " + value);
    }
    return value;
  }

  /** The next value, a float of 64 bits. */
  public double real() throws TokenizerFormatException {
    return require(Double.BYTES).getDouble();
  }

  /** The next value, a text. */
  public String text() throws TokenizerFormatException {
    int length = number(0, settings.remaining() / Character.BYTES);
    char[] units = new char[length];
    settings.asCharBuffer().get(units);
    settings.position(settings.position() + Character.BYTES * length);
    return new String(units);
  }

  /** How many values follow, each of at least so many bytes. */
  public int count(int leastBytes) throws TokenizerFormatException {
    return number(0, settings.remaining() / leastBytes);
  }

  /** The next table, read-only and little-endian, which is left where it lies. */
  public ByteBuffer table() throws TokenizerFormatException {
    int offset = number(0, tables.capacity());
    int bytes = number(0, tables.capacity() - offset);
    return tables.slice(offset, bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The next table, which must have so many bytes. */
  public ByteBuffer table(long bytes) throws TokenizerFormatException {
    ByteBuffer table = table();
    if (table.capacity() != bytes) {
      throw damaged("expected a table of " + bytes + " bytes, found " + table.capacity());
    }
    return table;
  }

  /** Says that all was read. */
  public void end() throws TokenizerFormatException {
    if (settings.hasRemaining()) {
      throw damaged("expected the end, found " + settings.remaining() + " more bytes");
    }
  }

  /** What to throw when the values before this place contradict each other. */
  public TokenizerFormatException damaged(String what) {
    return new TokenizerFormatException("prepared tokenizer, byte " + (PreparedForm.HEADER_BYTES + settings.position())
        + ": " + what);
  }

  private ByteBuffer require(int bytes) throws TokenizerFormatException {
    if (settings.remaining() < bytes) {
      throw damaged("expected " + bytes + " more bytes, found " + settings.remaining());
    }
    return settings;
  }
}
