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
}
