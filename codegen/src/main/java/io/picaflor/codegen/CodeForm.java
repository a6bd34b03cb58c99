package io.picaflor.codegen;

/** How quantized activations of 0 to 255 lie in memory, as the dot product of a CPU wants them. */
public enum CodeForm {
  /** One byte each, in order. */
  U8(1),
  /** 16 bits each, in groups of four with the middle two exchanged: 0, 2, 1, 3. */
  S16_PAIRS(2);

  private final int bytes;

  CodeForm(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of a code. */
  public int bytes() {
    return bytes;
  }

  /** Bytes from the start of a row to a code. */
  public int offset(int index) {
    return switch (this) {
      case U8 -> index;
      case S16_PAIRS -> {
        int in = index & 3;
        yield 2 * (in == 1 || in == 2 ? index ^ 3 : index);
      }
    };
  }
}
