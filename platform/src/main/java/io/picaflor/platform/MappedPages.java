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
    return part.isMapped() && part.isReadOnly() && MemoryFunctions.ofSystem().map(functions -> {
      long page = functions.pageBytes();
      long from = Math.ceilDiv(part.address(), page) * page;
      long to = (part.address() + part.byteSize()) / page * page;
      return from < to && functions.release(from, to - from);
    }).orElse(false);
  }
}
