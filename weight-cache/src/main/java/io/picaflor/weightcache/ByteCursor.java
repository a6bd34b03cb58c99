package io.picaflor.weightcache;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads little-endian values one after the other and knows where they end: the bytes are hostile. */
final class ByteCursor {
  private final ByteBuffer bytes;

  ByteCursor(ByteBuffer bytes) {
    this.bytes = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  int remaining() {
    return bytes.remaining();
  }

  int int32(String what) throws BrokenCacheException {
    need(Integer.BYTES, what);
    return bytes.getInt();
  }

  long int64(String what) throws BrokenCacheException {
    need(Long.BYTES, what);
    return bytes.getLong();
  }

  /** A count, which is at most what the bytes that are left can hold. */
  int count(int bytesOfEach, String what) throws BrokenCacheException {
    int count = int32(what);
    if (count < 0 || count > bytes.remaining() / bytesOfEach) {
      throw new BrokenCacheException(what + ": " + Integer.toUnsignedString(count) + " do not fit the "
          + bytes.remaining() + " bytes that are left");
    }
    return count;
  }

  /** As many numbers as a {@link #count} said. */
  int[] int32s(int count, String what) throws BrokenCacheException {
    if (count > bytes.remaining() / Integer.BYTES) {
      throw new BrokenCacheException(
          what + ": " + count + " do not fit the " + bytes.remaining() + " bytes that are left");
    }
    int[] read = new int[count];
    bytes.asIntBuffer().get(read); // in one go: a start runs this in the interpreter
    bytes.position(bytes.position() + count * Integer.BYTES);
    return read;
  }

  /** Bytes after their length. */
  byte[] bytes(int most, String what) throws BrokenCacheException {
    int length = int32(what);
    if (length < 0 || length > most) {
      throw new BrokenCacheException(what + ": expected at most " + most + " bytes, found "
          + Integer.toUnsignedString(length));
    }
    need(length, what);
    byte[] read = new byte[length];
    bytes.get(read);
    return read;
  }

  String text(String what) throws BrokenCacheException {
    byte[] read = bytes(CacheFormat.MAX_TEXT_BYTES, what);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(read)).toString();
    } catch (CharacterCodingException _) {
      throw new BrokenCacheException(what + ": not UTF-8");
    }
  }

  private void need(int length, String what) throws BrokenCacheException {
    if (length > bytes.remaining()) {
      throw new BrokenCacheException(what + ": needs " + length + " bytes, " + bytes.remaining() + " are left");
    }
  }
}
