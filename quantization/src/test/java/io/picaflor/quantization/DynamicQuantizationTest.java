package io.picaflor.quantization;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The rule of XNNPACK's dynamic quantization, with parameters worked out by hand. */
class DynamicQuantizationTest {

  @Test
  void aRowOfZerosBecomesItsZeroPoint() {
    DynamicQuantization row = DynamicQuantization.ofRange(0f, 0f);
    assertEquals(new DynamicQuantization(1f, 127, 1f), row);
    assertEquals(127, row.code(0f));
  }

  @Test
  void anAllPositiveRowTakesTheSmallestCodeAsZero() {
    DynamicQuantization row = DynamicQuantization.ofRange(3f, 255f); // 0 is always in the range
    assertEquals(new DynamicQuantization(1f, -128, 1f), row);
    assertEquals(-128, row.code(0f));
    assertEquals(127, row.code(255f));
  }

  @Test
  void halvesGoToTheEvenCode() {
    DynamicQuantization row = DynamicQuantization.ofRange(0f, 255f);
    assertEquals(-128, row.code(0.5f));
    assertEquals(-126, row.code(1.5f));
    assertEquals(-126, row.code(2.5f));
  }

  /** -1..1: 127.5 steps each way; the error term is -1, so the zero point is rint(127 - 127.5) = rint(-0.5) = 0. */
  @Test
  void aSymmetricRowClampsItsUpperEnd() {
    DynamicQuantization row = DynamicQuantization.ofRange(-1f, 1f);
    assertEquals(new DynamicQuantization(127.5f, 0, 1f / 127.5f), row);
    assertEquals(127, row.code(1f));
    assertEquals(-128, row.code(-1f));
  }

  /** -1..3: 63.75 steps a unit; the error term is 126.5, so the zero point is rint(-128 + 63.75) = -64. */
  @Test
  void aLopsidedRowTakesTheZeroPointOfItsLowerEnd() {
    DynamicQuantization row = DynamicQuantization.ofRange(-1f, 3f);
    assertEquals(new DynamicQuantization(63.75f, -64, 1f / 63.75f), row);
    assertEquals(127, row.code(3f));
    assertEquals(-128, row.code(-1f));
    assertEquals(-64, row.code(0f));
  }

  @ParameterizedTest
  @CsvSource({"NaN,1", "0,NaN", "-Infinity,0", "0,Infinity", "-3e38,3e38"})
  void aRowWithoutAFiniteRangeHasTheScaleNaN(float smallest, float largest) {
    DynamicQuantization row = DynamicQuantization.ofRange(smallest, largest);
    assertTrue(Float.isNaN(row.scale()));
    assertEquals(0, row.code(Float.NaN), "codes stay in range");
    assertEquals(0, row.code(Float.POSITIVE_INFINITY));
  }

  @Test
  void aRowTooSmallToBeScaledIsZero() {
    DynamicQuantization row = DynamicQuantization.ofRange(0f, 1e-37f);
    assertEquals(0f, row.scale());
    assertEquals(row.zeroPoint(), row.code(1e-37f));
  }

  @Test
  void aRowIsReadFromItsIndexOn() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 99f, 0f, 51f, 255f, -99f);
      byte[] codes = new byte[3];
      assertEquals(new DynamicQuantization(1f, -128, 1f), DynamicQuantization.quantizeRow(values, 1, codes));
      assertArrayEquals(new byte[] {-128, -77, 127}, codes);
    }
  }

  @Test
  void aNaNAnywhereInARowIsFound() {
    try (Arena arena = Arena.ofConfined()) {
      for (int at = 0; at < 3; at++) {
        MemorySegment values = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1f, -2f, 3f);
        values.setAtIndex(ValueLayout.JAVA_FLOAT, at, Float.NaN);
        assertTrue(Float.isNaN(DynamicQuantization.quantizeRow(values, 0, new byte[3]).scale()), "at " + at);
      }
    }
  }

  @Property(tries = 300)
  void eachValueComesBackWithinAStep(
      @ForAll @Size(min = 1, max = 40) List<@FloatRange(min = -1e6f, max = 1e6f) Float> values) {
    float[] row = new float[values.size()];
    for (int i = 0; i < row.length; i++) {
      row[i] = values.get(i);
    }
    try (Arena arena = Arena.ofConfined()) {
      byte[] codes = new byte[row.length];
      MemorySegment segment = arena.allocateFrom(ValueLayout.JAVA_FLOAT, row);
      DynamicQuantization rule = DynamicQuantization.quantizeRow(segment, 0, codes);
      assertEquals(rule.zeroPoint(), rule.code(0f), "0 is represented exactly");
      for (int i = 0; i < row.length; i++) {
        double back = (codes[i] - rule.zeroPoint()) * (double) rule.scale();
        // Half a step of rounding, at most another half where the rounded zero point shifts an end of the range.
        assertEquals(row[i], back, rule.scale() * 1.0001 + 1e-38, "value " + i);
      }
    }
  }
}
