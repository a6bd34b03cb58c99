package io.picaflor.quantization;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class PackedIntegersTest {

  @Test
  void lowerElementsLieInLowerBits() {
    assertArrayEquals(new byte[] {1, 2, -8, -1}, read(4, 0x21, 0xf8));
    assertArrayEquals(new byte[] {0, 1, -2, -1}, read(2, 0xe4));
    assertArrayEquals(new byte[] {127, -128}, read(8, 0x7f, 0x80));
  }

  @Test
  void readingMayBeginInsideAByte() {
    byte[] three = new byte[3];
    PackedIntegers.get(segment(0x21, 0xf8), 4, 1, three);
    assertArrayEquals(new byte[] {2, -8, -1}, three);
  }

  @Property(tries = 200)
  void whatWasPackedIsRead(
      @ForAll @Size(min = 1, max = 50) byte[] values, @ForAll @IntRange(min = 1, max = 3) int width) {
    int bits = 1 << width;
    byte[] packed = new byte[(values.length * bits + 7) / 8];
    for (int i = 0; i < values.length; i++) {
      packed[i * bits / 8] |= (byte) ((values[i] & (1 << bits) - 1) << i * bits % 8);
    }
    byte[] row = new byte[values.length];
    PackedIntegers.get(MemorySegment.ofArray(packed), bits, 0, row);
    for (int i = 0; i < values.length; i++) {
      int expected = values[i] << 32 - bits >> 32 - bits;
      assertEquals(expected, PackedIntegers.get(MemorySegment.ofArray(packed), bits, i));
      assertEquals(expected, row[i]);
    }
  }

  private static byte[] read(int bits, int... bytes) {
    byte[] elements = new byte[bytes.length * 8 / bits];
    PackedIntegers.get(segment(bytes), bits, 0, elements);
    return elements;
  }

  private static MemorySegment segment(int... bytes) {
    byte[] array = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      array[i] = (byte) bytes[i];
    }
    return MemorySegment.ofArray(array);
  }
}
