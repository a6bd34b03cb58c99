package io.picaflor.weightcache;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Collects little-endian values: the counterpart of {@link ByteCursor}. */
final class ByteAppender {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  ByteAppender int32(int value) {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      bytes.write(value >>> shift);
    }
    return this;
  }

  ByteAppender int32s(int[] values) {
    for (int value : values) {
      int32(value);
    }
    return this;
  }

  ByteAppender int64(long value) {
    return int32((int) value).int32((int) (value >>> Integer.SIZE));
  }

  /** Bytes after their length. */
  ByteAppender bytes(byte[] value) {
    int32(value.length);
    bytes.writeBytes(value);
    return this;
  }

  /** Text as UTF-8 after its length; characters too many for the format are cut off. */
  ByteAppender text(String value) {
    int most = CacheFormat.MAX_TEXT_BYTES / 4; // no character takes more than 4 bytes
    int[] points = value.codePoints().limit(most).toArray();
    return bytes(new String(points, 0, points.length).getBytes(StandardCharsets.UTF_8));
  }

  byte[] toByteArray() {
    return bytes.toByteArray();
  }
}
