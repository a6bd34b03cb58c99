package io.picaflor.quantization;

/** The number format of 8 exponent and 7 fraction bits: the upper half of a float32. */
public final class BFloat16 {

  private BFloat16() {}

  /** The nearest bfloat16 value, as a float; halves go to even, overflow to infinity, NaN stays NaN. */
  public static float round(float value) {
    if (Float.isNaN(value)) {
      return value;
    }
    int bits = Float.floatToRawIntBits(value);
    return Float.intBitsToFloat((bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff0000);
  }

  /** The nearest bfloat16, as its 16 bits; NaN becomes the quiet NaN {@code 0x7fc0}. */
  public static short toBits(float value) {
    return (short) (Float.floatToIntBits(round(value)) >>> 16);
  }

  /** The value of 16 bits, exactly. */
  public static float ofBits(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }
}
