package io.picaflor.quantization;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * How one row of float activations becomes int8 codes as it runs: {@code code = rint(value * multiplier) + zeroPoint},
 * and back: {@code value ~ (code - zeroPoint) * scale}.
 *
 * <p>The rule is XNNPACK's, so that integer products equal LiteRT's bit for bit: asymmetric, float32 arithmetic with
 * one rounding an operation, halves to even, 0 always among the representable values ({@code ../reference/FORMATS.md},
 * 5.2).
 *
 * <p>A row that holds NaN or an infinity, or whose range overflows float32, has the scale NaN: each product of it is
 * NaN, never a number that looks like a result. A row too small to be scaled (range below about 1e-36) has the scale 0.
 *
 * @param multiplier what a value is multiplied by to become a code, 255 / range; 0 in the two cases above
 * @param zeroPoint the code of 0, -128 to 127
 * @param scale the dequantization scale, {@code 1 / multiplier}; may be 0 or NaN
 */
public record DynamicQuantization(float multiplier, int zeroPoint, float scale) {

  /** The parameters of a row by its smallest and largest value; either is NaN if the row holds a NaN. */
  public static DynamicQuantization ofRange(float smallest, float largest) {
    float min = Math.min(0f, smallest);
    float max = Math.max(0f, largest);
    float multiplier = min == max ? 1f : 255f / (max - min);
    int zeroPoint = 0;
    float scale = Float.NaN;
    if (multiplier == Float.POSITIVE_INFINITY) {
      multiplier = 0f;
      zeroPoint = 127;
      scale = 0f;
    } else if (multiplier > 0f) {
      float below = min * multiplier;
      float above = max * multiplier;
      float error = (-128f + below) + (127f + above);
      float zero = error > 0f ? -128f - below : 127f - above;
      zeroPoint = (int) Math.rint(Math.clamp(zero, -128f, 127f));
      scale = 1f / multiplier;
    } else {
      multiplier = 0f;
    }
    // In one place, for the JIT compiler cannot do without objects that come from several, and rows are quantized all the time.
    return new DynamicQuantization(multiplier, zeroPoint, scale);
  }

  /**
   * Quantizes one row.
   *
   * @param values float32 in native order, {@code codes.length} of them from {@code index} on
   * @param index of the row's first value, in values
   * @param codes the row's codes; overwritten
   */
  public static DynamicQuantization quantizeRow(MemorySegment values, long index, byte[] codes) {
    float smallest = 0f;
    float largest = 0f;
    for (int k = 0; k < codes.length; k++) {
      float value = values.getAtIndex(ValueLayout.JAVA_FLOAT, index + k);
      smallest = Math.min(smallest, value);
      largest = Math.max(largest, value);
    }
    DynamicQuantization row = ofRange(smallest, largest);
    for (int k = 0; k < codes.length; k++) {
      codes[k] = (byte) row.code(values.getAtIndex(ValueLayout.JAVA_FLOAT, index + k));
    }
    return row;
  }

  /** The code of a value of this row, -128 to 127. */
  public int code(float value) {
    float steps = Math.min(Math.max(value * multiplier, -128f - zeroPoint), 127f - zeroPoint);
    return (int) Math.rint(steps) + zeroPoint;
  }
}
