package io.picaflor.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
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
  void withoutItTheProcessIsALittleOlderThanItsJvm() {
    long jvmMillis = System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime();
    long processMillis = (System.nanoTime() - ProcessStart.nanos(null)) / 1_000_000;
    // The clocks tick in hundredths of a second; a busy machine may take long to start a JVM, never two minutes.
    assertTrue(processMillis > jvmMillis - 50 && processMillis < jvmMillis + 120_000,
        processMillis + " ms, JVM " + jvmMillis);
  }
}
