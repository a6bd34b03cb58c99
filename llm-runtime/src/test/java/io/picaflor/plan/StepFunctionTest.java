package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Step functions against their values, distance by distance. */
class StepFunctionTest {

  private static double at(StepFunction function, long distance) {
    int piece = function.starts().size() - 1;
    while (function.starts().get(piece) > distance) {
      piece--;
    }
    return function.values().get(piece);
  }

  @Property
  void combinedFunctionsHaveTheCombinedValues(@ForAll @IntRange(min = -9, max = 9) int a,
      @ForAll @IntRange(min = 0, max = 9) int length, @ForAll @IntRange(min = -9, max = 9) int b,
      @ForAll @IntRange(min = 0, max = 9) int otherLength) {
    StepFunction f = StepFunction.interval(a, a + length, 1, 2);
    StepFunction g = StepFunction.interval(b, b + otherLength, 10, 20);
    StepFunction sum = f.combine(g, Double::sum);
    StepFunction within = sum.within(-5, 5);
    for (int distance = -25; distance <= 25; distance++) {
      boolean inF = distance >= a && distance <= a + length;
      boolean inG = distance >= b && distance <= b + otherLength;
      assertEquals((inF ? 1 : 2) + (inG ? 10 : 20), at(sum, distance));
      assertEquals(at(sum, Math.clamp(distance, -5, 5)), at(within, distance));
      assertEquals(inF ? -1 : -2, at(f.map(v -> -v), distance));
    }
  }

  @Example
  void equalFunctionsAreEqualHoweverTheyWereMade() {
    StepFunction causal = StepFunction.interval(Long.MIN_VALUE, 0, 1, 0);
    StepFunction future = StepFunction.interval(1, Long.MAX_VALUE, 1, 0);
    assertEquals(causal, future.map(v -> 1 - v));
    assertEquals(StepFunction.constant(0), causal.combine(future, Math::min));
  }
}
