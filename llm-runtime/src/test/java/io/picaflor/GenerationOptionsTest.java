package io.picaflor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Options refuse what has no meaning, and say the range. */
class GenerationOptionsTest {
  private final GenerationOptions options = GenerationOptions.GREEDY;

  @Test
  void refusalsNameTheOptionTheRangeAndTheValue() {
    var e = assertThrows(IllegalArgumentException.class, () -> options.withTopP(1.5));
    assertEquals("topP: expected above 0 and at most 1, found 1.5", e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> options.withTopP(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> options.withTemperature(-1));
    assertThrows(IllegalArgumentException.class, () -> options.withTemperature(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> options.withTopK(-1));
    assertThrows(IllegalArgumentException.class, () -> options.withMinP(1));
    assertThrows(IllegalArgumentException.class, () -> options.withMaxNewTokens(0));
    assertThrows(IllegalArgumentException.class, () -> options.withStopSequence(""));
  }

  @Test
  void eachWitherChangesItsOwnValueOnly() {
    GenerationOptions all = options
        .withMaxNewTokens(1).withTemperature(2).withTopK(3).withTopP(0.4).withMinP(0.5).withSeed(6)
        .withStopSequence("7").withStopSequence("8").withIgnoreStopTokens(true);
    assertEquals(new GenerationOptions(1, 2, 3, 0.4, 0.5, 6, List.of("7", "8"), true), all);
  }
}
