package io.picaflor.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

/** Medians and percentiles of a handful of values. */
class SpreadTest {
  @Test
  void theMedianIsTheMiddleOrTheMeanOfTheTwoInTheMiddle() {
    assertEquals(3, new Spread(9, 3, 1).median());
    assertEquals(2.5, new Spread(4, 1, 3, 2).median());
    assertEquals(7, new Spread(7).median());
  }

  @Test
  void percentilesAreValuesThatOccurred() {
    double[] values = new double[100];
    for (int i = 0; i < 100; i++) {
      values[i] = 100 - i;
    }
    Spread spread = new Spread(values);
    assertEquals(50, spread.percentile(0.5));
    assertEquals(95, spread.percentile(0.95));
    assertEquals(100, spread.max());
    assertEquals(1, spread.min());
    assertEquals(5, new Spread(5).percentile(0.95));
  }

  @Test
  void noValuesHaveNoMedian() {
    assertThrows(IllegalArgumentException.class, Spread::new);
  }
}
