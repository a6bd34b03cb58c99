package io.picaflor.cli.verb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** The moment from which a start is measured. */
class ProcessStartTest {
  @Test
  void theVariableIsTheMomentItHolds() {
    assertEquals(123_456_789_012L, ProcessStart.nanos("123456789012"));
  }

  @Test
  void aVariableThatIsNoNumberIsRefusedByItsName() {
    var e = assertThrows(IllegalArgumentException.class, () -> ProcessStart.nanos("noon"));
    assertEquals("BENCH_START_NS: expected nanoseconds of the monotonic clock, found 'noon'", e.getMessage());
  }

  @Test
  void withoutItTheStartIsTheOperatingSystems() {
    Instant start = ProcessHandle.current().info().startInstant().orElseThrow();
    Instant found = Instant.now().minusNanos(System.nanoTime() - ProcessStart.nanos(null));
    // The JDK counts from a boot time of whole seconds.
    long difference = Duration.between(start, found).toMillis();
    assertTrue(Math.abs(difference) < 1100, difference + " ms");
  }
}
