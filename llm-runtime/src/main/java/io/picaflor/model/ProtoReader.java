package io.picaflor.model;

import io.picaflor.ModelFormatException;
import java.util.List;

/**
 * Reads a protobuf message field by field: {@code while (next()) switch (field())}. A field that nobody asks for is
 * skipped, as is one of a newer version of the format.
 *
 * <p>Varints have at most 10 bytes, lengths are checked against what is left, messages nest at most 64 deep, groups
 * (wire types 3 and 4, long out of use) are refused. A known field of another wire type than its own is refused.
 */
final class ProtoReader {
  private static final int MAX_DEPTH = 64;

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH = 2;
  private static final int FIXED32 = 5;

  private final Bytes bytes;
  private final int depth;
  private long at;
  private int field;
  private int wireType;
  private long fieldAt;
  private long payloadAt;
  private long payloadLength;
  private long varint;

  ProtoReader(Bytes bytes) {
    this(bytes, 0);
  }

  private ProtoReader(Bytes bytes, int depth) {
    this.bytes = bytes;
    this.depth = depth;
  }

  /** Goes to the next field; false at the end of the message. */
  boolean next() throws ModelFormatException {
    if (at == bytes.size()) {
      return false;
    }
    fieldAt = at;
    long tag = readVarint();
    if (tag < 8 || tag > 0xFFFF_FFFFL) {
      throw bytes.broken(fieldAt, "a field's number should be 1 to 2^29 - 1, found " + Long.toUnsignedString(tag >>> 3)
          + "; the message is damaged");
    }
    field = (int) (tag >>> 3);
    wireType = (int) (tag & 7);
    switch (wireType) {
      case VARINT -> varint = readVarint();
      case FIXED64 -> payload(8);
      case LENGTH -> payload(readVarint());
      case FIXED32 -> payload(4);
      default -> throw bytes.broken(fieldAt, "field " + field + " has wire type " + wireType
          + ", expected 0, 1, 2 or 5; the message is damaged");
    }
    return true;
  }

  /** The number of the current field. */
  int field() {
    return field;
  }

  /** Whether the current field is a varint: a whole number, an enum, a truth value. */
  boolean isVarint() {
    return wireType == VARINT;
  }

  /** Whether the current field has a length: text, bytes, a message, packed numbers. */
  boolean hasLength() {
    return wireType == LENGTH;
  }

  /** The whole number of 64 bits. */
  long i64(String what) throws ModelFormatException {
    require(VARINT, what, "a whole number");
    return varint;
  }

  /** The whole number of 32 bits. */
  int i32(String what) throws ModelFormatException {
    return narrow(i64(what), what, fieldAt);
  }

  /** The truth value. */
  boolean bool(String what) throws ModelFormatException {
    return i64(what) != 0;
  }

  /** The float32. */
  float f32(String what) throws ModelFormatException {
    require(FIXED32, what, "a float of 4 bytes");
    return bytes.f32(payloadAt);
  }

  /** The text, of at most {@code limit} bytes. */
  String string(String what, int limit) throws ModelFormatException {
    require(LENGTH, what, "text");
    return bytes.utf8(payloadAt, payloadLength, limit, what);
  }

  /** A reader of the message that is the field's value. */
  ProtoReader message(String what) throws ModelFormatException {
    require(LENGTH, what, "a message");
    if (depth == MAX_DEPTH) {
      throw bytes.broken(fieldAt, "messages should nest at most " + MAX_DEPTH + " deep");
    }
    return new ProtoReader(bytes.slice(payloadAt, payloadLength, what), depth + 1);
  }

  /** Adds the field's numbers, packed or single, to {@code ids}, which may come to hold {@code limit} of them. */
  void addInts(String what, List<Integer> ids, int limit) throws ModelFormatException {
    if (wireType == VARINT) {
      ids.add(i32(what));
    } else {
      require(LENGTH, what, "whole numbers");
      var packed = new ProtoReader(bytes.slice(payloadAt, payloadLength, what), depth + 1);
      while (packed.at < packed.bytes.size() && ids.size() <= limit) {
        long numberAt = packed.at;
        ids.add(packed.narrow(packed.readVarint(), what, numberAt));
      }
    }
    if (ids.size() > limit) {
      throw broken(what + " should be at most " + limit + " numbers, found more");
    }
  }

  /** The error "this field is broken", to be thrown by whoever found it. */
  ModelFormatException broken(String problem) {
    return bytes.broken(fieldAt, problem);
  }

  private int narrow(long value, String what, long valueAt) throws ModelFormatException {
    if (value != (int) value) {
      throw bytes.broken(valueAt, what + " should be a number of 32 bits, found " + value);
    }
    return (int) value;
  }

  private void require(int expected, String what, String kind) throws ModelFormatException {
    if (wireType != expected) {
      throw broken(what + " (field " + field + ") should be " + kind + ", found wire type " + wireType);
    }
  }

  private void payload(long length) throws ModelFormatException {
    bytes.check(at, length, "field " + field);
    payloadAt = at;
    payloadLength = length;
    at += length;
  }

  private long readVarint() throws ModelFormatException {
    long start = at;
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (at == bytes.size()) {
        throw bytes.broken(start, "a number is cut off at the end of the message; is the download complete?");
      }
      int b = bytes.u8(at++);
      value |= (long) (b & 0x7F) << shift; // the tenth byte's upper bits fall out, as in other readers
      if (b < 0x80) {
        return value;
      }
    }
    throw bytes.broken(start, "a number should have at most 10 bytes; the message is damaged");
  }
}
