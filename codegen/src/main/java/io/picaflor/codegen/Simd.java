package io.picaflor.codegen;

/**
 * A vector register of x86-64: {@code xmm}, {@code ymm} or {@code zmm} by its width.
 *
 * @param number 0 to 31; from 16 on there is only the EVEX encoding
 * @param bits 128, 256 or 512
 */
public record Simd(int number, int bits) {
  public Simd {
    if (number < 0 || number > 31 || bits != 128 && bits != 256 && bits != 512) {
      throw new IllegalArgumentException("vector register: no number " + number + " of " + bits + " bits");
    }
  }

  public static Simd xmm(int number) {
    return new Simd(number, 128);
  }

  public static Simd ymm(int number) {
    return new Simd(number, 256);
  }

  public static Simd zmm(int number) {
    return new Simd(number, 512);
  }

  /** The lowest 128 bits. */
  public Simd low() {
    return xmm(number);
  }
}
