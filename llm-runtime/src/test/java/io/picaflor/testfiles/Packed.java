package io.picaflor.testfiles;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Values as the bytes of a constant: little-endian, narrow integers from the low bits on. */
public final class Packed {
  private Packed() {}

  /** float32. */
  public static byte[] floats(float... values) {
    ByteBuffer bytes = little(4 * values.length);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return bytes.array();
  }

  /** float16, rounded to it. */
  public static byte[] halves(float... values) {
    ByteBuffer bytes = little(2 * values.length);
    for (float value : values) {
      bytes.putShort(Float.floatToFloat16(value));
    }
    return bytes.array();
  }

  /** int32. */
  public static byte[] ints(int... values) {
    ByteBuffer bytes = little(4 * values.length);
    for (int value : values) {
      bytes.putInt(value);
    }
    return bytes.array();
  }

  /** int64. */
  public static byte[] longs(long... values) {
    ByteBuffer bytes = little(8 * values.length);
    for (long value : values) {
      bytes.putLong(value);
    }
    return bytes.array();
  }

  /** Integers of 8, 4 or 2 bits; the first one of a byte in its lowest bits. */
  public static byte[] narrow(int bits, int... values) {
    byte[] bytes = new byte[Math.ceilDiv(values.length * bits, 8)];
    for (int i = 0; i < values.length; i++) {
      bytes[i * bits / 8] |= (byte) ((values[i] & (1 << bits) - 1) << i * bits % 8);
    }
    return bytes;
  }

  /** Truth values, a byte each. */
  public static byte[] booleans(boolean... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) (values[i] ? 1 : 0);
    }
    return bytes;
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
