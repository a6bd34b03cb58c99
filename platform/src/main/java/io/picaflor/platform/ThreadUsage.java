package io.picaflor.platform;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * What the system has counted for a thread: the time it ran, and how often it was made to stop for another.
 *
 * <p>Linux only ({@code getrusage} of the calling thread). Reading costs less than a microsecond and allocates nothing. Thread
 * rule: belongs to the thread that reads.
 */
public final class ThreadUsage {
  private static final long CURRENT_THREAD = 1; // RUSAGE_THREAD

  /** Offsets in {@code struct rusage} where a long has 64 bits: user and system time in seconds and microseconds, counts. */
  private static final long USER = 0;
  private static final long SYSTEM = 16;
  private static final long INVOLUNTARY_SWITCHES = 136;
  private static final long BYTES = 144;

  private record Function(MemorySegment getrusage) {
    static final Optional<Function> OF_SYSTEM = System.getProperty("os.name").equals("Linux")
        ? NativeCalls.function("getrusage").map(Function::new)
        : Optional.empty();
  }

  private final Function function;
  private final MemorySegment counts = Arena.ofAuto().allocate(BYTES, Long.BYTES);

  private ThreadUsage(Function function) {
    this.function = function;
  }

  /** A place to read to; empty where the system does not count this, or may not be asked. */
  public static Optional<ThreadUsage> create() {
    return NativeCalls.available() ? Function.OF_SYSTEM.map(ThreadUsage::new) : Optional.empty();
  }

  /** Reads what is counted for the calling thread up to now. */
  public void read() {
    NativeCalls.call(function.getrusage, CURRENT_THREAD, counts.address(), 0, 0, 0, 0);
  }

  /** How long the thread had run when it was read, in nanoseconds; of some microseconds' precision. */
  public long runNanos() {
    return nanos(USER) + nanos(SYSTEM);
  }

  private long nanos(long at) {
    return counts.get(ValueLayout.JAVA_LONG, at) * 1_000_000_000 + counts.get(ValueLayout.JAVA_LONG, at + 8) * 1_000;
  }

  /** How often the thread had been stopped though it could have gone on, when it was read. */
  public long preemptions() {
    return counts.get(ValueLayout.JAVA_LONG, INVOLUNTARY_SWITCHES);
  }
}
