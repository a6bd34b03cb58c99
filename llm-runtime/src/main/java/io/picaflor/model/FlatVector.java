package io.picaflor.model;

import io.picaflor.ModelFormatException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * A vector of a FlatBuffer, read in place. Its extent was checked when it was made, so elements are read without
 * further errors; an index outside {@code [0, size())} is the caller's fault and an {@link IndexOutOfBoundsException}.
 *
 * <p>For one thread at a time, as {@link FlatTable}.
 */
public final class FlatVector {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Bytes bytes;
  private final FlatTable.Budget budget;
  private final long start;
  private final int size;
  private final int elementSize;

  private FlatVector(Bytes bytes, FlatTable.Budget budget, long start, int size, int elementSize) {
    this.bytes = bytes;
    this.budget = budget;
    this.start = start;
    this.size = size;
    this.elementSize = elementSize;
  }

  static FlatVector empty(Bytes bytes, FlatTable.Budget budget, int elementSize) {
    return new FlatVector(bytes, budget, 0, 0, elementSize);
  }

  /** The vector whose count stands at {@code at}. */
  static FlatVector at(Bytes bytes, FlatTable.Budget budget, long at, int elementSize, int field)
      throws ModelFormatException {
    long count = bytes.u32(at);
    long left = (bytes.size() - at - 4) / elementSize;
    if (count > left || count > Integer.MAX_VALUE) {
      throw bytes.broken(at, "the vector of field " + field + " has " + count + " entries of " + elementSize
          + " bytes, but there is room for " + left + "; the file is damaged or not complete");
    }
    return new FlatVector(bytes, budget, at + 4, (int) count, elementSize);
  }

  /** Number of elements. */
  public int size() {
    return size;
  }

  /** Where the first element lies in the section, for messages. */
  public long position() {
    return start;
  }

  /** The unsigned byte at index {@code i}, of a vector of 1-byte elements. */
  public int u8(int i) {
    return bytes.segment().get(ValueLayout.JAVA_BYTE, element(i, 1)) & 0xFF;
  }

  /** The int32 at index {@code i}, of a vector of 4-byte elements. */
  public int i32(int i) {
    return bytes.segment().get(INT, element(i, 4));
  }

  /** The int64 at index {@code i}, of a vector of 8-byte elements. */
  public long i64(int i) {
    return bytes.segment().get(LONG, element(i, 8));
  }

  /** The float32 at index {@code i}, of a vector of 4-byte elements. */
  public float f32(int i) {
    return bytes.segment().get(FLOAT, element(i, 4));
  }

  /** The table at index {@code i}, of a vector of tables (4-byte elements). */
  public FlatTable table(int i) throws ModelFormatException {
    return FlatTable.at(bytes, budget, FlatTable.follow(bytes, element(i, 4), "table of entry " + i));
  }

  /** All elements as int32, copied. */
  public int[] ints() throws ModelFormatException {
    copied(4);
    return segment().toArray(INT);
  }

  /** All elements as int64, copied. */
  public long[] longs() throws ModelFormatException {
    copied(8);
    return segment().toArray(LONG);
  }

  /** All elements as float32, copied. */
  public float[] floats() throws ModelFormatException {
    copied(4);
    return segment().toArray(FLOAT);
  }

  /** The elements' bytes, uncopied. */
  public MemorySegment segment() {
    return bytes.segment().asSlice(start, (long) size * elementSize);
  }

  /** The elements' bytes as a part of the file under its own section name. */
  public Bytes bytes(String section) throws ModelFormatException {
    return bytes.slice(start, (long) size * elementSize, section).named(section);
  }

  private void copied(int width) throws ModelFormatException {
    requireWidth(width);
    budget.copy(start, (long) size * elementSize);
  }

  private long element(int i, int width) {
    requireWidth(width);
    return start + (long) Objects.checkIndex(i, size) * elementSize;
  }

  private void requireWidth(int width) {
    if (width != elementSize) {
      throw new IllegalStateException("a vector of " + elementSize + "-byte elements read by " + width);
    }
  }
}
