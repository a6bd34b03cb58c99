package io.picaflor.model;

import io.picaflor.ModelFormatException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A part of a model file whose every read is checked against its bounds: little-endian, at any alignment.
 *
 * <p>Offsets are relative to this part; messages give the byte in the file. A read that would leave the part is a
 * {@link ModelFormatException}. Immutable, for any thread, as long as whoever mapped the file keeps it open.
 *
 * <p>A mapped file that somebody else cuts meanwhile raises {@link InternalError} at any read, here and in segments
 * taken from here: whoever drives the load turns that into one clear message
 * ({@link ModelFile#explain}).
 */
public final class Bytes {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final String file;
  private final String section;
  private final long base;
  private final MemorySegment segment;

  /**
   * Views a segment as a part of a file.
   *
   * @param file the file's name, for messages
   * @param section the part's name, for messages
   * @param base the byte in the file at which the part starts, for messages
   * @param segment the part's bytes
   */
  public Bytes(String file, String section, long base, MemorySegment segment) {
    this.file = file;
    this.section = section;
    this.base = base;
    this.segment = segment;
  }

  /** The file's name, as messages have it. */
  public String file() {
    return file;
  }

  /** The part's name, as messages have it. */
  public String section() {
    return section;
  }

  /** The byte in the file at which this part starts. */
  public long base() {
    return base;
  }

  /** Bytes in this part. */
  public long size() {
    return segment.byteSize();
  }

  /** All bytes of this part, uncopied. */
  public MemorySegment segment() {
    return segment;
  }

  /** The unsigned byte at {@code offset}. */
  public int u8(long offset) throws ModelFormatException {
    check(offset, 1, "a byte");
    return segment.get(ValueLayout.JAVA_BYTE, offset) & 0xFF;
  }

  /** The signed byte at {@code offset}. */
  public int i8(long offset) throws ModelFormatException {
    return (byte) u8(offset);
  }

  /** The unsigned 16-bit number at {@code offset}. */
  public int u16(long offset) throws ModelFormatException {
    check(offset, 2, "a number of 2 bytes");
    return segment.get(SHORT, offset) & 0xFFFF;
  }

  /** The signed 32-bit number at {@code offset}. */
  public int i32(long offset) throws ModelFormatException {
    check(offset, 4, "a number of 4 bytes");
    return segment.get(INT, offset);
  }

  /** The unsigned 32-bit number at {@code offset}. */
  public long u32(long offset) throws ModelFormatException {
    return i32(offset) & 0xFFFF_FFFFL;
  }

  /** The 64-bit number at {@code offset}; what is unsigned in the file and above 2^63 - 1 comes out negative. */
  public long i64(long offset) throws ModelFormatException {
    check(offset, 8, "a number of 8 bytes");
    return segment.get(LONG, offset);
  }

  /** The float32 at {@code offset}. */
  public float f32(long offset) throws ModelFormatException {
    check(offset, 4, "a number of 4 bytes");
    return segment.get(FLOAT, offset);
  }

  /** The float64 at {@code offset}. */
  public double f64(long offset) throws ModelFormatException {
    check(offset, 8, "a number of 8 bytes");
    return segment.get(DOUBLE, offset);
  }

  /**
   * {@code length} bytes from {@code offset} on, as a part with the same names.
   *
   * @param what what lies there, for the message
   */
  public Bytes slice(long offset, long length, String what) throws ModelFormatException {
    check(offset, length, what);
    return new Bytes(file, section, base + offset, segment.asSlice(offset, length));
  }

  /** The same bytes under another section name. */
  public Bytes named(String newSection) {
    return new Bytes(file, newSection, base, segment);
  }

  /**
   * Text of {@code length} bytes; what is not UTF-8 becomes U+FFFD.
   *
   * @param limit the most bytes that make sense here; more is refused before anything is allocated
   */
  public String utf8(long offset, long length, int limit, String what) throws ModelFormatException {
    check(offset, length, what);
    if (length > limit) {
      throw broken(offset, what + " has " + length + " bytes, at most " + limit + " are allowed");
    }
    return new String(segment.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
  }

  /** The error "broken at {@code offset} of this part", to be thrown by whoever found it. */
  public ModelFormatException broken(long offset, String problem) {
    return new ModelFormatException(file, section, base + offset, problem);
  }

  /** Refuses what does not lie in this part. */
  void check(long offset, long length, String what) throws ModelFormatException {
    if (offset < 0 || length < 0 || offset > segment.byteSize() - length) { // no overflow: size and length >= 0
      long at = offset < 0 || offset > segment.byteSize() ? segment.byteSize() : offset;
      throw broken(at, what + " needs " + Long.toUnsignedString(length) + " bytes at byte "
          + Long.toUnsignedString(offset) + " of " + segment.byteSize()
          + " in this section; is the download complete?");
    }
  }
}
