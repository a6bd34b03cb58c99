package io.picaflor.cli.verb;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/** When this process was started, on the clock of {@link System#nanoTime}. */
public final class ProcessStart {
  /** Holds that moment, if whoever started the process noted it just before. */
  public static final String VARIABLE = "BENCH_START_NS";

  /** Units of start times in /proc: hundredths of a second, on all that Java runs on. */
  private static final long NANOS_PER_TICK = 10_000_000;

  private ProcessStart() {}

  /**
   * The start in nanoseconds: as the variable has it, else as the operating system does.
   *
   * @throws IllegalArgumentException if the variable's value is no such number
   */
  public static long nanos(String variable) {
    if (variable == null || variable.isEmpty()) {
      return System.nanoTime() - age();
    }
    try {
      return Long.parseLong(variable);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          VARIABLE + ": expected nanoseconds of the monotonic clock, found '" + variable + "'", e);
    }
  }

  /** Nanoseconds since the process was started; right to a hundredth of a second on Linux. */
  private static long age() {
    try {
      // The JDK's own start time is right to a second only: it counts from a boot time of whole seconds.
      double upSeconds = Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ")[0]);
      String status = Files.readString(Path.of("/proc/self/stat"));
      // The command's name may hold spaces; behind its bracket the start is the 20th field (man 5 proc: 22 in all).
      long ticks = Long.parseLong(status.substring(status.lastIndexOf(')') + 2).split(" ")[19]);
      return (long) (upSeconds * 1e9) - ticks * NANOS_PER_TICK;
    } catch (IOException | NumberFormatException | IndexOutOfBoundsException e) {
      Instant now = Instant.now();
      return Duration.between(ProcessHandle.current().info().startInstant().orElse(now), now).toNanos();
    }
  }
}
