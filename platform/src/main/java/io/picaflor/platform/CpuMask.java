package io.picaflor.platform;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import java.util.Optional;

/**
 * A set of CPUs that threads can be bound to: the scheduler runs them there and nowhere else.
 *
 * <p>Linux only; elsewhere there are none ({@link #of} is empty). Only platform threads may be bound: for a virtual one it would be its carrier.
 */
public final class CpuMask {
  /** As many CPUs as Linux can be built for; a smaller mask than the kernel's own is refused. */
  private static final int MAX_CPUS = 8192;

  private static final long BYTES = MAX_CPUS / 8;
  private static final long CURRENT_THREAD = 0;

  private record Functions(MemorySegment get, MemorySegment set) {
    static final Optional<Functions> OF_SYSTEM = find();

    private static Optional<Functions> find() {
      if (!System.getProperty("os.name").equals("Linux")) {
        return Optional.empty();
      }
      return NativeCalls.function("sched_getaffinity")
          .flatMap(get -> NativeCalls.function("sched_setaffinity").map(set -> new Functions(get, set)));
    }
  }

  private final Functions functions;
  private final MemorySegment bits = Arena.ofAuto().allocate(BYTES, Long.BYTES);

  private CpuMask(Functions functions) {
    this.functions = functions;
  }

  private static Optional<CpuMask> make() {
    return NativeCalls.available() ? Functions.OF_SYSTEM.map(CpuMask::new) : Optional.empty();
  }

  /**
   * The mask of these CPUs; empty where threads cannot be bound. The first call of a process starts the FFM API, which costs about
   * 100 ms of CPU.
   *
   * @throws IllegalArgumentException if there are none, or more than any Linux has
   */
  public static Optional<CpuMask> of(BitSet cpus) {
    if (cpus.isEmpty() || cpus.length() > MAX_CPUS) {
      throw new IllegalArgumentException("CPUs of a mask: expected some of 0 to " + (MAX_CPUS - 1) + ", found " + cpus);
    }
    Optional<CpuMask> made = make();
    made.ifPresent(mask -> {
      long[] words = cpus.toLongArray();
      MemorySegment.copy(words, 0, mask.bits, ValueLayout.JAVA_LONG, 0, words.length);
    });
    return made;
  }

  /** The CPUs that the calling thread may run on now; empty where threads cannot be bound. */
  public static Optional<CpuMask> ofCurrentThread() {
    return make().filter(CpuMask::save);
  }

  /** Takes over the CPUs that the calling thread may run on now; false, and no change, if the system does not tell. */
  private boolean save() {
    return (int) NativeCalls.call(functions.get, CURRENT_THREAD, BYTES, bits.address(), 0, 0, 0) == 0;
  }

  /** Binds the calling thread; false, and no change, if the system refuses (all of these CPUs are gone or forbidden). */
  public boolean bindCurrentThread() {
    return (int) NativeCalls.call(functions.set, CURRENT_THREAD, BYTES, bits.address(), 0, 0, 0) == 0;
  }

  /** The CPUs. */
  public BitSet cpus() {
    return BitSet.valueOf(bits.toArray(ValueLayout.JAVA_LONG));
  }
}
