package io.picaflor.session;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The most memory that this process has had resident, as the operating system counts it.
 *
 * <p>Linux: {@code VmHWM}, which counts mapped file pages too, and the highest {@code RssAnon} of the moments at which
 * {@link #sample} was called, which is what the process alone pays for. Elsewhere the JDK offers no such count and both are
 * empty. Safe for many threads.
 */
public final class PeakMemory {
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final AtomicLong PEAK_ANONYMOUS = new AtomicLong(-1);

  private PeakMemory() {}

  /** Notes how much anonymous memory is resident now. */
  public static void sample() {
    read("RssAnon:").ifPresent(bytes -> PEAK_ANONYMOUS.accumulateAndGet(bytes, Math::max));
  }

  /** The highest resident set of the process so far, in bytes. */
  public static OptionalLong resident() {
    return read("VmHWM:");
  }

  /** The largest of the anonymous memory at all samples, in bytes. */
  public static OptionalLong anonymous() {
    long bytes = PEAK_ANONYMOUS.get();
    return bytes < 0 ? OptionalLong.empty() : OptionalLong.of(bytes);
  }

  private static OptionalLong read(String field) {
    try {
      for (String line : Files.readAllLines(STATUS)) {
        if (line.startsWith(field)) {
          String kibibytes = line.substring(field.length(), line.lastIndexOf(' ')).strip();
          return OptionalLong.of(Long.parseLong(kibibytes) * 1024);
        }
      }
    } catch (IOException | NumberFormatException | IndexOutOfBoundsException e) {
      return OptionalLong.empty(); // no Linux: the platform does not say
    }
    return OptionalLong.empty();
  }
}
