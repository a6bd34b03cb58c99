package io.picaflor.testfiles;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Writes small protobuf messages: what the readers under test are given. */
public final class ProtoWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  public static ProtoWriter message() {
    return new ProtoWriter();
  }

  public ProtoWriter number(int field, long value) {
    varint((long) field << 3);
    varint(value);
    return this;
  }

  public ProtoWriter text(int field, String value) {
    return bytes(field, value.getBytes(StandardCharsets.UTF_8));
  }

  public ProtoWriter nested(int field, ProtoWriter value) {
    return bytes(field, value.done());
  }

  public ProtoWriter bytes(int field, byte[] value) {
    varint((long) field << 3 | 2);
    varint(value.length);
    out.writeBytes(value);
    return this;
  }

  public ProtoWriter f32(int field, float value) {
    varint((long) field << 3 | 5);
    int bits = Float.floatToRawIntBits(value);
    for (int i = 0; i < 4; i++) {
      out.write(bits >> 8 * i);
    }
    return this;
  }

  public ProtoWriter f64(int field, double value) {
    varint((long) field << 3 | 1);
    long bits = Double.doubleToRawLongBits(value);
    for (int i = 0; i < 8; i++) {
      out.write((int) (bits >> 8 * i));
    }
    return this;
  }

  /** Numbers in one field, without tags of their own. */
  public ProtoWriter packed(int field, long... values) {
    var packed = new ProtoWriter();
    for (long value : values) {
      packed.varint(value);
    }
    return bytes(field, packed.done());
  }

  public ProtoWriter raw(int... bytes) {
    for (int b : bytes) {
      out.write(b);
    }
    return this;
  }

  public byte[] done() {
    return out.toByteArray();
  }

  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      out.write((int) (rest & 0x7F | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }
}
