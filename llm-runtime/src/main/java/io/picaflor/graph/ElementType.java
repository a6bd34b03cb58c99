package io.picaflor.graph;

import java.util.Optional;

/** The element type of a tensor, as far as graphs of language models use it. Codes: {@code FORMATS.md}, 1.5. */
public enum ElementType {
  FLOAT32(0, 32),
  FLOAT16(1, 16),
  INT32(2, 32),
  UINT8(3, 8),
  INT64(4, 64),
  BOOL(6, 8),
  INT16(7, 16),
  INT8(9, 8),
  INT4(17, 4),
  INT2(19, 2);

  private final int code;
  private final int bits;

  ElementType(int code, int bits) {
    this.code = code;
    this.bits = bits;
  }

  /** Bits of one element; narrow integers are packed without padding. */
  public int bits() {
    return bits;
  }

  /** Bytes of {@code elements} elements. */
  public long bytes(long elements) {
    return bits >= 8 ? Math.multiplyExact(elements, bits / 8) : Math.ceilDiv(elements, 8 / bits);
  }

  /** The type that the file's number stands for, if we know it. */
  static Optional<ElementType> ofCode(int code) {
    for (ElementType type : values()) {
      if (type.code == code) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}
