package io.picaflor.reference;

import com.sun.management.OperatingSystemMXBean;
import io.picaflor.UnsupportedModelException;
import java.lang.management.ManagementFactory;
import java.util.function.LongSupplier;

/**
 * How much memory a model and one session of it may take beside the mapped file, so that a graph whose shapes ask for
 * more than the machine has is refused when it is loaded, with both numbers.
 *
 * <p>Belongs to the thread that loads.
 */
public final class MemoryBudget {
  private static final long MEBI = 1 << 20;

  private final String file;
  private final long undoubted;
  private final LongSupplier limit;
  private long reserved;

  private MemoryBudget(String file, long undoubted, LongSupplier limit) {
    this.file = file;
    this.undoubted = undoubted;
    this.limit = limit;
  }

  /** The memory that the machine, or the container, has. */
  static MemoryBudget ofMachine(String file) {
    // The heap is a part of that memory. Asking for the whole takes 40 ms, which a model of common size need not pay.
    return new MemoryBudget(file, Runtime.getRuntime().maxMemory(), MemoryBudget::machineBytes);
  }

  /** So many bytes. */
  public static MemoryBudget of(String file, long bytes) {
    return new MemoryBudget(file, 0, () -> bytes);
  }

  private static long machineBytes() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
  }

  /**
   * Counts memory before it is allocated.
   *
   * @param what needs it, for the message
   * @throws UnsupportedModelException if that is too much, together with what was counted before
   */
  void reserve(long bytes, String what) throws UnsupportedModelException {
    if (bytes > undoubted - reserved) {
      long most = limit.getAsLong();
      if (bytes > most - reserved) {
        throw new UnsupportedModelException(file, what + " needs " + mebibytes(bytes) + " MiB of memory beside the "
            + mebibytes(reserved) + " MiB for what was read before it, and the machine has " + mebibytes(most)
            + " MiB");
      }
    }
    reserved += bytes; // no overflow: not above the limit
  }

  private static long mebibytes(long bytes) {
    return Math.ceilDiv(bytes, MEBI);
  }
}
