package io.picaflor.platform;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.Set;

/**
 * The memory functions of the operating system, with the constants that belong to it.
 *
 * @param reserve flags of {@code mmap}: anonymous, private, nothing set aside for it
 * @param release the advice of {@code madvise} that gives pages back
 * @param large the advice to use large pages; {@link #NONE} if there is none
 * @param populate the advice that maps pages for reading, and reads them first if need be; {@link #NONE} if there is none
 * @param pageBytes bytes of a page
 */
record MemoryFunctions(
    MemorySegment mmap, MemorySegment munmap, MemorySegment madvise, long reserve, long release, long large,
    long populate,
    long pageBytes) {
  private static final long READ_WRITE = 0x1 | 0x2;
  private static final long NO_FILE = -1;
  private static final long FAILED = -1;
  private static final long NONE = -1;

  /** Machines on which Linux uses the constants of its asm-generic headers. */
  private static final Set<String> COMMON_MACHINES = Set.of("amd64", "aarch64", "riscv64");

  private static final class Found {
    static final Optional<MemoryFunctions> FUNCTIONS = find();

    private Found() {}
  }

  /** Those of this system; empty where we do not know them or may not call them. */
  static Optional<MemoryFunctions> ofSystem() {
    return NativeCalls.available() ? Found.FUNCTIONS : Optional.empty();
  }

  private static Optional<MemoryFunctions> find() {
    String system = System.getProperty("os.name");
    if (system.equals("Linux") && COMMON_MACHINES.contains(System.getProperty("os.arch"))) {
      // MAP_PRIVATE, MAP_ANONYMOUS, MAP_NORESERVE; MADV_DONTNEED, MADV_HUGEPAGE; MADV_POPULATE_READ, since Linux 5.14
      return find(0x2 | 0x20 | 0x4000, 4, 14, 22);
    }
    if (system.startsWith("Mac")) {
      return find(0x2 | 0x1000 | 0x40, 5, NONE, NONE); // the same by their values there; MADV_FREE, as MADV_DONTNEED frees nothing
    }
    return Optional.empty();
  }

  private static Optional<MemoryFunctions> find(long reserve, long release, long large, long populate) {
    Optional<MemorySegment> mmap = NativeCalls.function("mmap");
    Optional<MemorySegment> munmap = NativeCalls.function("munmap");
    Optional<MemorySegment> madvise = NativeCalls.function("madvise");
    Optional<MemorySegment> getpagesize = NativeCalls.function("getpagesize");
    if (mmap.isEmpty() || munmap.isEmpty() || madvise.isEmpty() || getpagesize.isEmpty()) {
      return Optional.empty();
    }
    long pageBytes = (int) NativeCalls.call(getpagesize.get(), 0, 0, 0, 0, 0, 0);
    return Optional.of(
        new MemoryFunctions(mmap.get(), munmap.get(), madvise.get(), reserve, release, large, populate, pageBytes));
  }

  /** The address of new address space; empty if the system refuses. */
  Optional<MemorySegment> map(long bytes) {
    long address = NativeCalls.call(mmap, 0, bytes, READ_WRITE, reserve, NO_FILE, 0);
    return address == FAILED ? Optional.empty() : Optional.of(MemorySegment.ofAddress(address));
  }

  void unmap(MemorySegment segment) {
    NativeCalls.call(munmap, segment.address(), segment.byteSize(), 0, 0, 0, 0);
  }

  /** Gives pages back; whether the system took the advice. */
  boolean release(long address, long bytes) {
    return advise(address, bytes, release);
  }

  /** Has memory use large pages from now on; whether the system took the advice. */
  boolean enlarge(long address, long bytes) {
    return large != NONE && advise(address, bytes, large);
  }

  /** Maps pages, which waits until they are read; whether the system could. */
  boolean populate(long address, long bytes) {
    return populate != NONE && advise(address, bytes, populate);
  }

  private boolean advise(long address, long bytes, long advice) {
    return (int) NativeCalls.call(madvise, address, bytes, advice, 0, 0, 0) == 0;
  }
}
