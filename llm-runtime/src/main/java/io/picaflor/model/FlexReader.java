package io.picaflor.model;

import io.picaflor.ModelFormatException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * Reads a FlexBuffer from its end: the last byte is the root's width W, the one before it its type, before that lies
 * the root value (reference/FORMATS.md, section 1.7).
 *
 * <p>Offsets point backwards from their own place and never before the start. Values may be shared, so the number of
 * values read is bounded by the buffer's size, of which each takes at least a byte when it is not shared.
 */
final class FlexReader {
  private static final int MAX_DEPTH = 64;
  private static final int MAX_TEXT = 1 << 20;

  // Types, as the file numbers them.
  private static final int NULL = 0;
  private static final int INT = 1;
  private static final int UINT = 2;
  private static final int FLOAT = 3;
  private static final int KEY = 4;
  private static final int STRING = 5;
  private static final int INDIRECT_INT = 6;
  private static final int INDIRECT_UINT = 7;
  private static final int INDIRECT_FLOAT = 8;
  private static final int MAP = 9;
  private static final int VECTOR = 10;
  private static final int VECTOR_INT = 11;
  private static final int VECTOR_KEY = 14;
  private static final int VECTOR_INT2 = 16;
  private static final int VECTOR_FLOAT4 = 24;
  private static final int BLOB = 25;
  private static final int BOOL = 26;
  private static final int VECTOR_BOOL = 36;

  private final Bytes bytes;
  private long valuesLeft;
  private long textLeft;

  FlexReader(Bytes bytes) {
    this.bytes = bytes;
    this.valuesLeft = bytes.size();
    this.textLeft = 4 * bytes.size();
  }

  FlexValue root() throws ModelFormatException {
    if (bytes.size() < 3) {
      throw bytes.broken(0, "a FlexBuffer should have 3 bytes or more, found " + bytes.size());
    }
    int width = bytes.u8(bytes.size() - 1);
    if (width != 1 && width != 2 && width != 4 && width != 8) {
      throw bytes.broken(bytes.size() - 1, "a FlexBuffer's root should be 1, 2, 4 or 8 bytes wide, found " + width);
    }
    long at = bytes.size() - 2 - width;
    bytes.check(at, width, "a FlexBuffer's root");
    return value(at, width, bytes.u8(bytes.size() - 2), 0);
  }

  /** The value stored at {@code at} in {@code width} bytes. */
  private FlexValue value(long at, int width, int packedType, int depth) throws ModelFormatException {
    if (--valuesLeft < 0) {
      throw bytes.broken(at, "more values than a FlexBuffer of this size can hold: one is shared too often");
    }
    if (depth > MAX_DEPTH) {
      throw bytes.broken(at, "FlexBuffer values should nest at most " + MAX_DEPTH + " deep");
    }
    int type = packedType >> 2;
    int childWidth = 1 << (packedType & 3);
    return switch (type) {
      case NULL -> new FlexValue.Null();
      case INT -> new FlexValue.Int(signed(at, width));
      case UINT -> new FlexValue.Int(unsigned(at, width));
      case FLOAT -> new FlexValue.Real(real(at, width));
      case BOOL -> new FlexValue.Bool(unsigned(at, width) != 0);
      case INDIRECT_INT -> new FlexValue.Int(signed(follow(at, width), childWidth));
      case INDIRECT_UINT -> new FlexValue.Int(unsigned(follow(at, width), childWidth));
      case INDIRECT_FLOAT -> new FlexValue.Real(real(follow(at, width), childWidth));
      case KEY -> new FlexValue.Text(key(follow(at, width)));
      case STRING -> new FlexValue.Text(string(follow(at, width), childWidth));
      case BLOB -> new FlexValue.Blob(blob(follow(at, width), childWidth));
      case MAP -> new FlexValue.Nested(map(follow(at, width), childWidth, depth));
      case VECTOR -> {
        long start = follow(at, width);
        int count = count(start, childWidth, childWidth + 1);
        yield items(start, childWidth, count, -1, depth);
      }
      default -> typedVector(follow(at, width), childWidth, type, depth);
    };
  }

  private FlexValue typedVector(long start, int width, int type, int depth) throws ModelFormatException {
    if (type >= VECTOR_INT2 && type <= VECTOR_FLOAT4) { // 2 to 4 elements, no count before them
      int element = INT + (type - VECTOR_INT2) % 3;
      return items(start, width, 2 + (type - VECTOR_INT2) / 3, element, depth);
    }
    if (type >= VECTOR_INT && type <= VECTOR_KEY || type == VECTOR_BOOL) {
      int element = type == VECTOR_BOOL ? BOOL : INT + type - VECTOR_INT;
      return items(start, width, count(start, width, width), element, depth);
    }
    throw bytes.broken(start, "a FlexBuffer value has the type " + type + ", which is not known");
  }

  /** @param element the type of all elements, -1 if each has its own, in a byte behind the elements */
  private FlexValue.Items items(long start, int width, int count, int element, int depth)
      throws ModelFormatException {
    var values = new ArrayList<FlexValue>(Math.min(count, 1024));
    for (int i = 0; i < count; i++) {
      int packedType = element >= 0 ? element << 2 : bytes.u8(start + (long) count * width + i);
      values.add(value(start + (long) i * width, width, packedType, depth + 1));
    }
    return new FlexValue.Items(List.copyOf(values));
  }

  private FlexMap map(long start, int width, int depth) throws ModelFormatException {
    int count = count(start, width, width + 1);
    long keys = follow(start - 3L * width, width);
    long keyWidth = unsigned(start - 2L * width, width);
    if (keyWidth != 1 && keyWidth != 2 && keyWidth != 4 && keyWidth != 8) {
      throw bytes.broken(start - 2L * width, "a map's keys should be 1, 2, 4 or 8 bytes wide, found " + keyWidth);
    }
    if (count(keys, (int) keyWidth, (int) keyWidth) != count) {
      throw bytes.broken(keys - keyWidth, "a map of " + count + " values should have as many keys");
    }
    var values = new LinkedHashMap<String, FlexValue>();
    for (int i = 0; i < count; i++) {
      String key = key(follow(keys + i * keyWidth, (int) keyWidth));
      int packedType = bytes.u8(start + (long) count * width + i);
      if (values.put(key, value(start + (long) i * width, width, packedType, depth + 1)) != null) {
        throw bytes.broken(start, "attribute '" + key + "' is there twice");
      }
    }
    return new FlexMap(bytes, Collections.unmodifiableMap(values));
  }

  /** The count that stands before {@code start}, checked against the room from there for elements of that size. */
  private int count(long start, int width, int elementSize) throws ModelFormatException {
    long count = unsigned(start - width, width);
    if (count > (bytes.size() - start) / elementSize) {
      throw bytes.broken(start - width, "a list of " + count + " values of " + elementSize
          + " bytes does not fit the " + (bytes.size() - start) + " bytes that are left; the file is damaged");
    }
    return (int) Math.min(count, Integer.MAX_VALUE);
  }

  private String key(long start) throws ModelFormatException {
    long end = start;
    while (bytes.u8(end) != 0) {
      end++;
    }
    return text(start, end - start);
  }

  private String string(long start, int width) throws ModelFormatException {
    return text(start, unsigned(start - width, width));
  }

  private String text(long start, long length) throws ModelFormatException {
    bytes.check(start, length, "a string");
    textLeft -= length;
    if (textLeft < 0) {
      throw bytes.broken(start, "more text than a FlexBuffer of this size can hold: a string is shared too often");
    }
    return bytes.utf8(start, length, MAX_TEXT, "a string");
  }

  private Bytes blob(long start, int width) throws ModelFormatException {
    return bytes.slice(start, unsigned(start - width, width), "a blob");
  }

  private long follow(long at, int width) throws ModelFormatException {
    long offset = unsigned(at, width);
    if (offset > at) { // 0 is the place of an empty list that ends where the offset stands
      throw bytes.broken(at, "a FlexBuffer offset should point at most " + at + " bytes back, found " + offset
          + "; the file is damaged");
    }
    return at - offset;
  }

  private long signed(long at, int width) throws ModelFormatException {
    return switch (width) {
      case 1 -> bytes.i8(at);
      case 2 -> (short) bytes.u16(at);
      case 4 -> bytes.i32(at);
      default -> bytes.i64(at);
    };
  }

  private long unsigned(long at, int width) throws ModelFormatException {
    return switch (width) {
      case 1 -> bytes.u8(at);
      case 2 -> bytes.u16(at);
      case 4 -> bytes.u32(at);
      default -> {
        long value = bytes.i64(at);
        if (value < 0) {
          throw bytes.broken(at, "a number should be below 2^63, found " + Long.toUnsignedString(value));
        }
        yield value;
      }
    };
  }

  private double real(long at, int width) throws ModelFormatException {
    return switch (width) {
      case 2 -> Float.float16ToFloat((short) bytes.u16(at));
      case 4 -> bytes.f32(at);
      case 8 -> bytes.f64(at);
      default -> throw bytes.broken(at, "a floating-point number should have 2, 4 or 8 bytes, found " + width);
    };
  }
}
