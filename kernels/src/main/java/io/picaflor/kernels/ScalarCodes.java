package io.picaflor.kernels;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.picaflor.quantization.DynamicQuantization;
import java.lang.foreign.MemorySegment;

/**
 * How {@link Codes} lie in memory in the tier {@code scalar}: for each row its int8 codes, filled up to a multiple of 4, then
 * its scale as float32, then its zero point as int32.
 *
 * <p>Rule: {@link DynamicQuantization}.
 */
final class ScalarCodes {
  private ScalarCodes() {}

  static long bytes(int rows, int columns) {
    return rows * rowBytes(columns);
  }

  private static long rowBytes(int columns) {
    return scaleOffset(columns) + 8;
  }

  private static long scaleOffset(int columns) {
    return (columns + 3L) / 4 * 4;
  }

  /**
   * Quantizes one row, as {@link DynamicQuantization#quantizeRow} does, but keeps the rule to itself, so that the JIT compiler
   * makes no object of it.
   *
   * @param values the row's values are here, from {@code index} on
   */
  static void quantizeRow(MemorySegment values, long index, Codes codes, int row) {
    int columns = codes.columns();
    float smallest = 0f;
    float largest = 0f;
    for (int c = 0; c < columns; c++) {
      float value = values.getAtIndex(JAVA_FLOAT, index + c);
      smallest = Math.min(smallest, value);
      largest = Math.max(largest, value);
    }
    DynamicQuantization rule = DynamicQuantization.ofRange(smallest, largest);
    for (int c = 0; c < columns; c++) {
      setCode(codes, row, c, (byte) rule.code(values.getAtIndex(JAVA_FLOAT, index + c)));
    }
    setRule(codes, row, rule.scale(), rule.zeroPoint());
  }

  static void setCode(Codes codes, int row, int column, byte code) {
    codes.memory().set(JAVA_BYTE, row * rowBytes(codes.columns()) + column, code);
  }

  static void setRule(Codes codes, int row, float scale, int zeroPoint) {
    long at = row * rowBytes(codes.columns()) + scaleOffset(codes.columns());
    codes.memory().set(JAVA_FLOAT, at, scale);
    codes.memory().set(JAVA_INT, at + 4, zeroPoint);
  }

  /** Reads one row's codes. */
  static void readRow(Codes codes, int row, byte[] target) {
    MemorySegment.copy(codes.memory(), JAVA_BYTE, row * rowBytes(codes.columns()), target, 0, target.length);
  }

  static float scale(Codes codes, int row) {
    return codes.memory().get(JAVA_FLOAT, row * rowBytes(codes.columns()) + scaleOffset(codes.columns()));
  }

  static int zeroPoint(Codes codes, int row) {
    return codes.memory().get(JAVA_INT, row * rowBytes(codes.columns()) + scaleOffset(codes.columns()) + 4);
  }
}
