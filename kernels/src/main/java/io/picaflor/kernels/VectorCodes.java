package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.FLOATS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.picaflor.quantization.DynamicQuantization;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * How {@link Codes} lie in memory in the tier {@code vector}, and how they are made: for each row 16 floats, the first its
 * scale, the second its zero point plus 128; then its codes less the zero point, as floats, filled up with zeros to a
 * multiple of 16.
 *
 * <p>Rule: {@link DynamicQuantization}.
 */
final class VectorCodes {
  /** Rows begin at cache lines. */
  private static final int ALIGNMENT = 16;

  /** Added and taken off again it leaves a float of up to 2^22 rounded to an integer, halves to even. */
  private static final float ROUNDER = 12_582_912f;

  private VectorCodes() {}

  /** Columns with what a row is filled up with. */
  static int padded(int columns) {
    return (columns + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private static long rowBytes(int columns) {
    return 4L * (ALIGNMENT + padded(columns));
  }

  static long bytes(int rows, int columns) {
    return rows * rowBytes(columns);
  }

  static float scale(Codes codes, int row) {
    return codes.memory().get(JAVA_FLOAT, row * rowBytes(codes.columns()));
  }

  /** The zero point of codes from 0 to 255. */
  static float unsignedZero(Codes codes, int row) {
    return codes.memory().get(JAVA_FLOAT, row * rowBytes(codes.columns()) + 4);
  }

  /** Where the row's codes begin, in bytes. */
  static long offset(Codes codes, int row) {
    return row * rowBytes(codes.columns()) + 4L * ALIGNMENT;
  }

  /**
   * Quantizes one row.
   *
   * @param x the row's values are here, from byte {@code offset} on
   */
  static void quantizeRow(MemorySegment x, long offset, Codes codes, int row) {
    int columns = codes.columns();
    long range = range(x, offset, columns);
    DynamicQuantization rule =
        DynamicQuantization.ofRange(Float.intBitsToFloat((int) (range >> 32)), Float.intBitsToFloat((int) range));
    MemorySegment target = codes.memory();
    long start = row * rowBytes(columns);
    target.set(JAVA_FLOAT, start, rule.scale());
    target.set(JAVA_FLOAT, start + 4, rule.zeroPoint() + 128f);
    long to = start + 4L * ALIGNMENT;
    float multiplier = rule.multiplier();
    float low = -128f - rule.zeroPoint();
    float high = 127f - rule.zeroPoint();
    int whole = FLOATS.loopBound(columns);
    for (int k = 0; k < whole; k += Lanes.COUNT) {
      FloatVector steps = FloatVector.fromMemorySegment(FLOATS, x, offset + 4L * k, Lanes.ORDER).mul(multiplier);
      steps.max(low).min(high).add(ROUNDER).sub(ROUNDER).intoMemorySegment(target, to + 4L * k, Lanes.ORDER);
    }
    for (int k = whole; k < columns; k++) {
      target.set(JAVA_FLOAT, to + 4L * k, rule.code(x.get(JAVA_FLOAT, offset + 4L * k)) - rule.zeroPoint());
    }
    for (int k = columns; k < padded(columns); k++) {
      target.set(JAVA_FLOAT, to + 4L * k, 0f);
    }
  }

  /** The bits of the smallest and, below them, of the largest value: a rule that was returned would be an object on the heap. */
  private static long range(MemorySegment x, long offset, int columns) {
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
    return (long) Float.floatToRawIntBits(min) << 32 | Float.floatToRawIntBits(max) & 0xffff_ffffL;
  }

  /** Brings rows into the form of tier {@code scalar}. */
  static void copy(Codes codes, int rows, Codes target) {
    for (int row = 0; row < rows; row++) {
      int zeroPoint = (int) unsignedZero(codes, row) - 128;
      long from = offset(codes, row);
      for (int k = 0; k < codes.columns(); k++) {
        int code = (int) codes.memory().get(JAVA_FLOAT, from + 4L * k) + zeroPoint;
        ScalarCodes.setCode(target, row, k, (byte) code);
      }
      ScalarCodes.setRule(target, row, scale(codes, row), zeroPoint);
    }
  }

  /**
   * A row's codes as a tile reads them.
   *
   * @param shift added to each code
   * @param target {@link #padded} values from {@code at} on; overwritten
   */
  static void read(Codes codes, int row, float shift, float[] target, int at) {
    MemorySegment memory = codes.memory();
    long from = offset(codes, row);
    int count = padded(codes.columns());
    for (int k = 0; k < count; k += Lanes.COUNT) {
      FloatVector.fromMemorySegment(FLOATS, memory, from + 4L * k, Lanes.ORDER).add(shift).intoArray(target, at + k);
    }
  }
}
