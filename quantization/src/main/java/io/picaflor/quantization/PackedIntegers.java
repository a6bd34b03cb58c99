package io.picaflor.quantization;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Signed integers of 8, 4 or 2 bits, stored without padding: element {@code i} in byte {@code i * bits / 8}, lower
 * elements in lower bits, two's complement ({@code ../reference/FORMATS.md}, 1.5).
 */
public final class PackedIntegers {

  private PackedIntegers() {}

  /**
   * One element.
   *
   * @param bits 8, 4 or 2
   * @param index of the element, from the segment's start
   */
  public static int get(MemorySegment values, int bits, long index) {
    int shift = (int) (index * bits & 7);
    int value = values.get(ValueLayout.JAVA_BYTE, index * bits >> 3);
    int unused = Integer.SIZE - bits;
    return value << unused - shift >> unused;
  }

  /**
   * {@code target.length} elements from {@code index} on.
   *
   * @param bits 8, 4 or 2
   * @param target overwritten
   */
  public static void get(MemorySegment values, int bits, long index, byte[] target) {
    if (bits == 8) {
      MemorySegment.copy(values, ValueLayout.JAVA_BYTE, index, target, 0, target.length);
      return;
    }
    for (int i = 0; i < target.length; i++) {
      target[i] = (byte) get(values, bits, index + i);
    }
  }
}
