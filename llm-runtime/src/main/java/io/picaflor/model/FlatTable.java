package io.picaflor.model;

import io.picaflor.ModelFormatException;

/**
 * A table of a FlatBuffer, read in place; each offset and count is checked against what is left before it is used.
 *
 * <p>Fields go by their id in the schema. An absent field has its default; a table or string that is absent is
 * {@code null}, a vector that is absent is empty. The wire rules are reference/FORMATS.md, section 1.4. Offsets to
 * tables, strings and vectors point forward only, so there are no cycles, but tables may be shared; hence a bound on
 * the visits to all tables of a buffer together, and on the bytes copied out of it, both in proportion to its size.
 *
 * <p>For one thread at a time: all tables of a buffer share the count of visits.
 */
public final class FlatTable {
  /** The most bytes of a string: exporters join tensor names to some thousand characters. */
  private static final int MAX_STRING = 1 << 20;

  private final Bytes bytes;
  private final Budget budget;
  private final long position;
  private final int tableBytes;
  private final long vtable;
  private final int vtableBytes;

  /** What may still be read of a buffer, so that shared tables cannot make a small file an endless one. */
  static final class Budget {
    private final Bytes bytes;
    private long tables;
    private long copiedBytes;

    Budget(Bytes bytes) {
      this.bytes = bytes;
      // A table and the offset to it take 8 bytes, so this allows two visits of each, and more in any real file.
      this.tables = Math.clamp(bytes.size() / 4, 1L << 16, 1L << 23);
      this.copiedBytes = Math.max(1L << 20, bytes.size() * 8);
    }

    private void visit(long position) throws ModelFormatException {
      if (--tables < 0) {
        throw bytes.broken(position, "more tables than a file of this size can hold: one is shared too often");
      }
    }

    void copy(long position, long length) throws ModelFormatException {
      copiedBytes -= length;
      if (copiedBytes < 0) {
        throw bytes.broken(position, "more values than a file of this size can hold: a vector is shared too often");
      }
    }
  }

  private FlatTable(Bytes bytes, Budget budget, long position) throws ModelFormatException {
    budget.visit(position);
    this.bytes = bytes;
    this.budget = budget;
    this.position = position;
    this.vtable = position - bytes.i32(position);
    if (vtable < 0 || vtable > bytes.size() - 4) {
      throw bytes.broken(position, "the table's field list should lie in the section's " + bytes.size()
          + " bytes, found offset " + vtable + "; the file is damaged");
    }
    this.vtableBytes = bytes.u16(vtable);
    this.tableBytes = bytes.u16(vtable + 2);
    if (vtableBytes < 4 || (vtableBytes & 1) != 0 || vtableBytes > bytes.size() - vtable) {
      throw bytes.broken(vtable, "the table's field list should have an even size of 4 to "
          + (bytes.size() - vtable) + " bytes, found " + vtableBytes + "; the file is damaged");
    }
    if (tableBytes < 4 || tableBytes > bytes.size() - position) {
      throw bytes.broken(vtable + 2, "the table at byte " + (bytes.base() + position) + " should have 4 to "
          + (bytes.size() - position) + " bytes, found " + tableBytes + "; the file is damaged");
    }
  }

  /** The root table of the FlatBuffer that starts with {@code bytes}. */
  public static FlatTable root(Bytes bytes) throws ModelFormatException {
    long root = bytes.u32(0);
    if (root < 4 || root > bytes.size() - 4) {
      throw bytes.broken(0, "the root table should lie in the section's " + bytes.size() + " bytes, found offset "
          + root + "; the file is damaged or not complete");
    }
    return new FlatTable(bytes, new Budget(bytes), root);
  }

  static FlatTable at(Bytes bytes, Budget budget, long position) throws ModelFormatException {
    return new FlatTable(bytes, budget, position);
  }

  /** The section that this table lies in. */
  public Bytes bytes() {
    return bytes;
  }

  /** Where this table starts in {@link #bytes()}, for messages. */
  public long position() {
    return position;
  }

  /** The error "this table is broken", to be thrown by whoever found it. */
  public ModelFormatException broken(String problem) {
    return bytes.broken(position, problem);
  }

  /** Whether the field is stored; one that has its default value usually is not. */
  public boolean has(int field) throws ModelFormatException {
    return entry(field) != 0;
  }

  /** The signed byte of the field. */
  public int i8(int field, int dflt) throws ModelFormatException {
    long at = scalar(field, 1);
    return at < 0 ? dflt : bytes.i8(at);
  }

  /** The unsigned byte of the field. */
  public int u8(int field, int dflt) throws ModelFormatException {
    long at = scalar(field, 1);
    return at < 0 ? dflt : bytes.u8(at);
  }

  /** The truth value of the field: one byte, false if absent or 0. */
  public boolean bool(int field) throws ModelFormatException {
    return u8(field, 0) != 0;
  }

  /** The unsigned 16-bit number of the field. */
  public int u16(int field, int dflt) throws ModelFormatException {
    long at = scalar(field, 2);
    return at < 0 ? dflt : bytes.u16(at);
  }

  /** The signed 32-bit number of the field. */
  public int i32(int field, int dflt) throws ModelFormatException {
    long at = scalar(field, 4);
    return at < 0 ? dflt : bytes.i32(at);
  }

  /** The unsigned 32-bit number of the field. */
  public long u32(int field, long dflt) throws ModelFormatException {
    long at = scalar(field, 4);
    return at < 0 ? dflt : bytes.u32(at);
  }

  /** The signed 64-bit number of the field. */
  public long i64(int field, long dflt) throws ModelFormatException {
    long at = scalar(field, 8);
    return at < 0 ? dflt : bytes.i64(at);
  }

  /** The unsigned 64-bit number of the field; one of 2^63 or more is no length or offset of a file and is refused. */
  public long u64(int field, long dflt) throws ModelFormatException {
    long at = scalar(field, 8);
    if (at < 0) {
      return dflt;
    }
    long value = bytes.i64(at);
    if (value < 0) {
      throw bytes.broken(at, "field " + field + " should be a number below 2^63, found "
          + Long.toUnsignedString(value) + "; the file is damaged");
    }
    return value;
  }

  /** The float32 of the field. */
  public float f32(int field, float dflt) throws ModelFormatException {
    long at = scalar(field, 4);
    return at < 0 ? dflt : bytes.f32(at);
  }

  /** The text of the field, {@code null} if absent; at most 1 MiB; what is not UTF-8 becomes U+FFFD. */
  public String string(int field) throws ModelFormatException {
    return string(field, MAX_STRING);
  }

  /** As {@link #string(int)}, of at most {@code limit} bytes. */
  public String string(int field, int limit) throws ModelFormatException {
    long at = target(field, "string");
    if (at < 0) {
      return null;
    }
    long length = bytes.u32(at);
    if (length > bytes.size() - at - 5) { // the length before it, the zero byte behind it
      throw bytes.broken(at, "the string of field " + field + " has " + length + " bytes, but only "
          + (bytes.size() - at - 4) + " are left; the file is damaged or not complete");
    }
    budget.copy(at, length);
    return bytes.utf8(at + 4, length, limit, "the string of field " + field);
  }

  /** The table of the field, {@code null} if absent. */
  public FlatTable table(int field) throws ModelFormatException {
    long at = target(field, "table");
    return at < 0 ? null : at(bytes, budget, at);
  }

  /**
   * The vector of the field, empty if absent.
   *
   * @param elementSize bytes of an element in the file: 4 for tables, for they are stored as offsets
   */
  public FlatVector vector(int field, int elementSize) throws ModelFormatException {
    long at = target(field, "vector");
    return at < 0 ? FlatVector.empty(bytes, budget, elementSize) : FlatVector.at(bytes, budget, at, elementSize, field);
  }

  /** Where the table, string or vector of the field lies in {@link #bytes()}, -1 if absent. */
  private long target(int field, String kind) throws ModelFormatException {
    long at = scalar(field, 4);
    return at < 0 ? -1 : follow(bytes, at, kind + " of field " + field);
  }

  /** Follows the offset stored at {@code at}: forward, relative to its own place, to at least 4 bytes. */
  static long follow(Bytes bytes, long at, String what) throws ModelFormatException {
    long offset = bytes.u32(at);
    if (offset < 4 || offset > bytes.size() - 4 - at) {
      throw bytes.broken(at, "the " + what + " should start 4 to " + (bytes.size() - 4 - at)
          + " bytes further on, found " + offset + "; the file is damaged or not complete");
    }
    return at + offset;
  }

  /** Where the field's value of {@code width} bytes lies in {@link #bytes()}, -1 if absent. */
  private long scalar(int field, int width) throws ModelFormatException {
    int entry = entry(field);
    if (entry == 0) {
      return -1;
    }
    if (entry < 4 || entry > tableBytes - width) {
      throw bytes.broken(vtable + 4 + 2L * field, "field " + field + " of " + width
          + " bytes should lie in the table's " + tableBytes + " bytes, found offset " + entry
          + "; the file is damaged");
    }
    return position + entry;
  }

  /** The field's place in the table as the vtable has it, 0 if absent. */
  private int entry(int field) throws ModelFormatException {
    long slot = 4 + 2L * field;
    return slot > vtableBytes - 2 ? 0 : bytes.u16(vtable + slot);
  }

  /** For messages and debuggers: where it lies. */
  @Override
  public String toString() {
    return "table at byte " + (bytes.base() + position) + " of " + bytes.file();
  }
}
