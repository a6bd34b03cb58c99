package io.picaflor.tokenizer.sentencepiece;

import io.picaflor.tokenizer.TokenizerFormatException;
import java.nio.charset.StandardCharsets;

/**
 * Reads the fields of one protobuf message; every length is checked against the message's end before it is used.
 *
 * <p>Wire format: a varint {@code field << 3 | type}, then a varint (type 0), 8 bytes (1), a varint length and as many
 * bytes (2) or 4 bytes (5). Groups (3, 4) are not used by SentencePiece and are refused.
 */
final class ProtoCursor {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final byte[] data;
  private final String message;
  private final int end;
  private int at;
  private int field;
  private int type;

  ProtoCursor(byte[] data, int from, int to, String message) {
    this.data = data;
    this.message = message;
    at = from;
    end = to;
  }

  /** Reads the next field's key. */
  boolean nextField() throws TokenizerFormatException {
    if (at == end) {
      return false;
    }
    int keyAt = at;
    long key = varint();
    field = (int) (key >>> 3);
    type = (int) key & 7;
    if (key >>> 32 != 0 || field == 0) {
      throw damaged(keyAt, "expected a field's key, found " + key);
    }
    return true;
  }

  int field() {
    return field;
  }

  int position() {
    return at;
  }

  void skip() throws TokenizerFormatException {
    switch (type) {
      case VARINT -> varint();
      case FIXED64 -> take(8);
      case BYTES -> take(length());
      case FIXED32 -> take(4);
      default -> throw damaged(at, "field " + field + " has wire type " + type + ", which SentencePiece does not use");
    }
  }

  int intField() throws TokenizerFormatException {
    expect(VARINT);
    return (int) varint();
  }

  boolean boolField() throws TokenizerFormatException {
    expect(VARINT);
    return varint() != 0;
  }

  float floatField() throws TokenizerFormatException {
    expect(FIXED32);
    int from = take(4);
    return Float.intBitsToFloat(data[from] & 0xFF | (data[from + 1] & 0xFF) << 8 | (data[from
        + 2] & 0xFF) << 16 | data[from + 3] << 24);
  }

  /**
   * The bytes of a string, bytes or message field begin at {@link #position()} and have the returned length: then
   * {@link #take}.
   */
  int lengthField() throws TokenizerFormatException {
    expect(BYTES);
    return length();
  }

  String stringField() throws TokenizerFormatException {
    int length = lengthField();
    return new String(data, take(length), length, StandardCharsets.UTF_8);
  }

  ProtoCursor messageField(String name) throws TokenizerFormatException {
    int length = lengthField();
    int from = take(length);
    return new ProtoCursor(data, from, from + length, name);
  }

  /** Steps over checked bytes and returns where they begin. */
  int take(int length) throws TokenizerFormatException {
    if (length > end - at) {
      throw damaged(at, "field " + field + " needs " + length + " bytes, but " + (end - at) + " are left");
    }
    int from = at;
    at += length;
    return from;
  }

  TokenizerFormatException damaged(int position, String what) {
    return new TokenizerFormatException("SentencePiece model, byte " + position + " (" + message + "): " + what);
  }

  private void expect(int expected) throws TokenizerFormatException {
    if (type != expected) {
      throw damaged(at, "field " + field + " has wire type " + type + ", expected " + expected);
    }
  }

  private int length() throws TokenizerFormatException {
    int lengthAt = at;
    long length = varint();
    if (length < 0 || length > end - at) {
      throw damaged(lengthAt, "field " + field + " needs " + Long.toUnsignedString(length) + " bytes, but " + (end - at)
          + " are left; is the file complete?");
    }
    return (int) length;
  }

  private long varint() throws TokenizerFormatException {
    if (at < end && data[at] >= 0) {
      return data[at++];
    }
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (at == end) {
        throw damaged(at, "ends inside a number; is the file complete?");
      }
      byte b = data[at++];
      value |= (long) (b & 0x7F) << shift;
      if (b >= 0) {
        return value;
      }
    }
    throw damaged(at, "a number has more than 10 bytes");
  }
}
