package io.picaflor.platform;

import java.lang.foreign.MemorySegment;

/** Pages of a file that is mapped for reading. */
public final class MappedPages {
  private MappedPages() {}

  /**
   * Lets go of the pages that lie wholly inside of a part of a mapping, so that they no longer count as this process's. They
   * stay in the system's cache, and are there again when they are read again.
   *
   * @param part of a mapping that is read only: what was written to any other memory would be lost
   * @return whether the system took it; otherwise all is as before
   */
  public static boolean release(MemorySegment part) {
    return part.isMapped() && part.isReadOnly() && onPages(part, MemoryFunctions::release);
  }

  /**
   * Asks for large pages where pages of a mapping, or of memory that was {@link ReservedMemory reserved}, come into memory from now
   * on. A CPU finds addresses in them much faster: for what is read from front to back again and again.
   *
   * @return whether the system took it; it may still have none
   */
  public static boolean preferLarge(MemorySegment memory) {
    return onPages(memory, MemoryFunctions::enlarge);
  }

  /**
   * Makes the pages of a part of a mapping this process's, as reading each of them would, and waits for those that have to be read
   * from the disk.
   *
   * @return whether the system did; otherwise they come when they are read
   */
  public static boolean populate(MemorySegment part) {
    return part.isMapped() && onPages(part, MemoryFunctions::populate);
  }

  private interface Advice {
    boolean give(MemoryFunctions functions, long address, long bytes);
  }

  /** On the pages that lie wholly inside. */
  private static boolean onPages(MemorySegment part, Advice advice) {
    return part.isNative() && MemoryFunctions.ofSystem().map(functions -> {
      long page = functions.pageBytes();
      long from = Math.ceilDiv(part.address(), page) * page;
      long to = (part.address() + part.byteSize()) / page * page;
      return from < to && advice.give(functions, from, to - from);
    }).orElse(false);
  }
}
