package io.picaflor.quantization;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class BFloat16Test {

  @Test
  void halvesGoToTheEvenFraction() {
    assertEquals(1f, BFloat16.round(1f + 0x1p-8f), "between 1 and 1 + 2^-7");
    assertEquals(1f + 0x1p-6f, BFloat16.round(1f + 0x1p-7f + 0x1p-8f), "between 1 + 2^-7 and 1 + 2^-6");
    assertEquals(1f + 0x1p-7f, BFloat16.round(1f + 0x1p-8f + 0x1p-23f), "just above the half");
  }

  @Test
  void endsOfTheRangeAreKept() {
    assertEquals(Float.POSITIVE_INFINITY, BFloat16.round(Float.MAX_VALUE));
    assertEquals(Float.NEGATIVE_INFINITY, BFloat16.round(Float.NEGATIVE_INFINITY));
    assertEquals(0x8000_0000, Float.floatToRawIntBits(BFloat16.round(-0f)));
    assertTrue(Float.isNaN(BFloat16.round(Float.intBitsToFloat(0x7f80_0001))), "not an infinity");
  }

  @Property(tries = 500)
  void theResultIsTheNearestBfloat16(@ForAll int bits) {
    float value = Float.intBitsToFloat(bits);
    if (!Float.isFinite(value) || Math.abs(value) > 3e38f) {
      return;
    }
    float below = Float.intBitsToFloat(bits & 0xffff_0000); // toward zero
    float above = Float.intBitsToFloat((bits & 0xffff_0000) + 0x1_0000);
    float rounded = BFloat16.round(value);
    double toBelow = Math.abs((double) value - below);
    double toAbove = Math.abs((double) above - value);
    if (toBelow == toAbove) {
      assertEquals(0, Float.floatToRawIntBits(rounded) & 0x1_ffff, "even");
    } else {
      assertEquals(toBelow < toAbove ? below : above, rounded);
    }
  }

  @Test
  void bitsGoThereAndBackAndNaNStaysNaN() {
    assertEquals((short) 0x3f80, BFloat16.toBits(1f + 0x1p-8f));
    assertEquals((short) 0xff80, BFloat16.toBits(Float.NEGATIVE_INFINITY));
    assertEquals((short) 0x7fc0, BFloat16.toBits(Float.intBitsToFloat(0x7f80_0001)), "its upper half is an infinity's");
    assertEquals(-2.5f, BFloat16.ofBits(BFloat16.toBits(-2.5f)));
  }
}
