package io.picaflor.tokenizer.piece;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.form.FormReader;
import io.picaflor.tokenizer.form.FormWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Whole numbers by index, read where they lie: in a mapping, or in memory while a tokenizer is being read.
 *
 * <p>A buffer and no array, for the same code to read both; and a buffer rather than a segment, whose accesses cost a starting
 * process method handles.
 */
public final class IntTable {
  private final ByteBuffer values;

  private IntTable(ByteBuffer values) {
    this.values = values;
  }

  /** Zeros, to be set. */
  public IntTable(int size) {
    this(ByteBuffer.allocate(Math.multiplyExact(Integer.BYTES, size)).order(ByteOrder.LITTLE_ENDIAN));
  }

  /** A copy of the first numbers of an array. */
  public static IntTable of(int[] source, int size) {
    IntTable table = new IntTable(size);
    table.values.asIntBuffer().put(source, 0, size);
    return table;
  }

  /** A table in its place, of any size. */
  public static IntTable read(FormReader form) throws TokenizerFormatException {
    ByteBuffer values = form.table();
    if (values.capacity() % Integer.BYTES != 0) {
      throw form.damaged("expected a table of whole numbers, found " + values.capacity() + " bytes");
    }
    return new IntTable(values);
  }

  /** A table in its place, of this size. */
  public static IntTable read(FormReader form, int size) throws TokenizerFormatException {
    return new IntTable(form.table((long) Integer.BYTES * size));
  }

  /** Writes it. */
  public void write(FormWriter form) {
    form.table(values);
  }

  public int size() {
    return values.capacity() / Integer.BYTES;
  }

  public int get(int index) {
    return values.getInt(index << 2);
  }

  /** Sets a number of a table that is not mapped. */
  public void set(int index, int value) {
    values.putInt(index << 2, value);
  }

  /** Another table with these numbers, cut or with zeros behind them. */
  IntTable resizedTo(int size) {
    IntTable other = new IntTable(size);
    other.values.put(0, values, 0, Math.min(values.capacity(), other.values.capacity()));
    return other;
  }
}
