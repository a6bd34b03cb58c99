package io.picaflor.quantization;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Rows of each format, worked out by hand. */
class DequantizationTest {

  @Test
  void int8TakesTheScaleOfItsRow() {
    var weights = new WeightMatrix.PerChannel(2, 3, 8, bytes(1, 2, 3, -128, 0, 127), floats(0.5f, 0.25f));
    assertArrayEquals(new float[] {0.5f, 1f, 1.5f}, row(weights, 0));
    assertArrayEquals(new float[] {-32f, 0f, 31.75f}, row(weights, 1));
  }

  @Test
  void aSingleScaleStandsForAllRows() {
    var weights = new WeightMatrix.PerChannel(2, 1, 8, bytes(3, -5), floats(0.1f));
    assertArrayEquals(new float[] {-5 * 0.1f}, row(weights, 1));
  }

  /** Rows of 3 int4: the second begins in the upper half of byte 1. */
  @Test
  void int4RowsMayBeginInsideAByte() {
    var weights = new WeightMatrix.PerChannel(2, 3, 4, bytes(0x21, 0x83, 0x7f), floats(2f, 4f));
    assertArrayEquals(new float[] {2f, 4f, 6f}, row(weights, 0));
    assertArrayEquals(new float[] {-32f, -4f, 28f}, row(weights, 1));
  }

  @Test
  void evenInt4RowsOfOddLengthEndInHalfAByte() {
    var weights = new WeightMatrix.PerChannel(1, 3, 4, bytes(0x21, 0x0d), floats(1f));
    assertArrayEquals(new float[] {1f, 2f, -3f}, row(weights, 0));
  }

  @Test
  void int2HasFourValues() {
    var weights = new WeightMatrix.PerChannel(1, 4, 2, bytes(0xe4), floats(0.5f));
    assertArrayEquals(new float[] {0f, 0.5f, -1f, -0.5f}, row(weights, 0));
  }

  /** 1 + 2^-10 is a float16, but bfloat16 would make it 1. */
  @Test
  void blockScalesAreNotRoundedToBfloat16() {
    byte[] values = new byte[64];
    Arrays.fill(values, 32, 48, (byte) 0x77);
    Arrays.fill(values, 48, 64, (byte) 0x99);
    float scale = 1f + 0x1p-10f;
    var weights = new WeightMatrix.Int4Blocks(2, 64, 32, MemorySegment.ofArray(values), halves(1f, 1f, scale, 2f));
    float[] row = row(weights, 1);
    assertEquals(7 * scale, row[0]);
    assertEquals(7 * scale, row[31]);
    assertEquals(-14f, row[32]);
    assertEquals(-14f, row[63]);
  }

  @Test
  void float16IsWidenedExactly() {
    MemorySegment values = halves(1f, -0x1p-24f, 65504f, Float.NEGATIVE_INFINITY);
    float[] expected = {1f, -0x1p-24f, 65504f, Float.NEGATIVE_INFINITY};
    assertArrayEquals(expected, row(new WeightMatrix.Float16(1, 4, values), 0));
  }

  @Test
  void float32IsCopied() {
    assertArrayEquals(new float[] {3f, 4f}, row(new WeightMatrix.Float32(2, 2, floats(1f, 2f, 3f, 4f)), 1));
  }

  @Test
  void valuesMayLieAtOddAddresses() {
    ByteBuffer buffer = ByteBuffer.allocate(9).order(ByteOrder.LITTLE_ENDIAN).putFloat(1, 1.5f).putFloat(5, -2.5f);
    MemorySegment odd = MemorySegment.ofBuffer(buffer.clear()).asSlice(1);
    assertArrayEquals(new float[] {1.5f, -2.5f}, row(new WeightMatrix.Float32(1, 2, odd), 0));
  }

  @Test
  void aRowThatDoesNotExistIsRefused() {
    var weights = new WeightMatrix.Float32(2, 2, floats(1f, 2f, 3f, 4f));
    var error = assertThrows(IndexOutOfBoundsException.class, () -> row(weights, 2));
    assertEquals("row: expected 0 to 1, found 2", error.getMessage());
    assertThrows(IndexOutOfBoundsException.class, () -> row(weights, -1));
  }

  @Test
  void aTargetOfAnotherSizeIsRefused() {
    var weights = new WeightMatrix.Float32(2, 2, floats(1f, 2f, 3f, 4f));
    MemorySegment target = MemorySegment.ofArray(new float[3]);
    var error = assertThrows(
        IllegalArgumentException.class, () -> Dequantization.dequantizeRow(weights, 0, target));
    assertEquals("target: expected 2 values (8 bytes), found 12 bytes", error.getMessage());
  }

  @Test
  void matricesCheckTheirSegmentsOnce() {
    assertRefused("values: expected 6 bytes, found 5",
        () -> new WeightMatrix.PerChannel(2, 3, 8, bytes(1, 2, 3, 4, 5), floats(1f)));
    assertRefused("scales: expected 1 or 3 values, found 8 bytes",
        () -> new WeightMatrix.PerChannel(3, 1, 8, bytes(1, 2, 3), floats(1f, 1f)));
    assertRefused("bits: expected 8, 4 or 2, found 3",
        () -> new WeightMatrix.PerChannel(1, 1, 3, bytes(1), floats(1f)));
    assertRefused("block size: expected a multiple of 32 that divides 64, found 16",
        () -> new WeightMatrix.Int4Blocks(1, 64, 16, bytes(new int[32]), halves(1f, 1f, 1f, 1f)));
    assertRefused("shape: expected positive sizes, found 0 x 4", () -> new WeightMatrix.Float32(0, 4, floats()));
  }

  private static void assertRefused(String message, Runnable maker) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, maker::run).getMessage());
  }

  private static float[] row(WeightMatrix weights, int row) {
    float[] target = new float[weights.columns()];
    Dequantization.dequantizeRow(weights, row, MemorySegment.ofArray(target));
    return target;
  }

  private static MemorySegment bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return MemorySegment.ofArray(bytes);
  }

  private static MemorySegment floats(float... values) {
    MemorySegment segment = MemorySegment.ofArray(new byte[4 * values.length]);
    for (int i = 0; i < values.length; i++) {
      segment.setAtIndex(WeightMatrix.FLOAT, i, values[i]);
    }
    return segment;
  }

  private static MemorySegment halves(float... values) {
    MemorySegment segment = MemorySegment.ofArray(new byte[2 * values.length]);
    for (int i = 0; i < values.length; i++) {
      segment.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), i,
          Float.floatToFloat16(values[i]));
    }
    return segment;
  }
}
