package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.FLOATS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.picaflor.quantization.DynamicQuantization;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** {@link DynamicQuantization} of whole rows, with the codes as exact integers in floats. */
final class VectorQuantizer {

  /** Added and taken off again it leaves a float of up to 2^22 rounded to an integer, halves to even. */
  private static final float ROUNDER = 12_582_912f;

  private VectorQuantizer() {}

  /**
   * Quantizes one row.
   *
   * @param x the row begins at {@code row * columns}
   * @param unsigned {@code true}: codes shifted to 0..255; {@code false}: codes less the zero point
   * @param target {@code columns} values from {@code at} on; overwritten
   */
  static DynamicQuantization quantize(MemorySegment x, int row, int columns, boolean unsigned, float[] target, int at) {
    long offset = 4L * row * columns;
    DynamicQuantization rule = range(x, offset, columns);
    float multiplier = rule.multiplier();
    float low = -128f - rule.zeroPoint();
    float high = 127f - rule.zeroPoint();
    float shift = unsigned ? rule.zeroPoint() + 128f : 0f;
    int whole = FLOATS.loopBound(columns);
    for (int k = 0; k < whole; k += Lanes.COUNT) {
      FloatVector steps = FloatVector.fromMemorySegment(FLOATS, x, offset + 4L * k, Lanes.ORDER).mul(multiplier);
      steps.max(low).min(high).add(ROUNDER).sub(ROUNDER).add(shift).intoArray(target, at + k);
    }
    for (int k = whole; k < columns; k++) {
      int code = rule.code(x.get(JAVA_FLOAT, offset + 4L * k));
      target[at + k] = unsigned ? code + 128 : code - rule.zeroPoint();
    }
    return rule;
  }

  private static DynamicQuantization range(MemorySegment x, long offset, int columns) {
    FloatVector smallest = FloatVector.zero(FLOATS);
    FloatVector largest = smallest;
    int whole = FLOATS.loopBound(columns);
    for (int k = 0; k < whole; k += Lanes.COUNT) {
      FloatVector values = FloatVector.fromMemorySegment(FLOATS, x, offset + 4L * k, Lanes.ORDER);
      smallest = smallest.min(values);
      largest = largest.max(values);
    }
    float min = smallest.reduceLanes(VectorOperators.MIN);
    float max = largest.reduceLanes(VectorOperators.MAX);
    for (int k = whole; k < columns; k++) {
      float value = x.get(JAVA_FLOAT, offset + 4L * k);
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    return DynamicQuantization.ofRange(min, max);
  }
}
