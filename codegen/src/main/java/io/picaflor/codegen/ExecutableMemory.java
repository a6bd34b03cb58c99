package io.picaflor.codegen;

import io.picaflor.platform.NativeCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Memory that holds machine code: mapped writable, written, then made executable; never both at once.
 *
 * <p>Code of many kernels stands in one region, one group of them after the other, each group beginning at a page. Code is
 * never changed or freed: it lives as long as the process. Thread rule: safe for many threads.
 */
public final class ExecutableMemory {
  private static final int PAGE = 4096;
  private static final int REGION = 1 << 20;

  /** What the operating system does for us; a test puts one here that refuses. */
  interface Pages {
    /** The address of fresh writable memory, or -1. */
    long map(long bytes);

    /** Writes code to fresh memory. */
    void write(long address, byte[] code);

    /** Makes pages executable and no longer writable; false if a policy forbids it. */
    boolean makeExecutable(long address, long bytes);
  }

  private final Pages pages;
  private long next;
  private long end;

  ExecutableMemory(Pages pages) {
    this.pages = pages;
  }

  /**
   * Memory of this process, tried out by a first function.
   *
   * @throws UnsupportedOperationException with the reason if this JVM, system or policy does not let us run our own code
   */
  public static ExecutableMemory open() {
    String obstacle = systemObstacle(System.getProperty("os.name"), System.getProperty("os.arch"));
    if (obstacle == null) {
      obstacle = accessObstacle();
    }
    if (obstacle != null) {
      throw new UnsupportedOperationException(obstacle);
    }
    ExecutableMemory memory = new ExecutableMemory(new PosixPages());
    X64Assembler identity = new X64Assembler();
    identity.mov(Gpr.RAX, Gpr.RDI);
    identity.ret();
    long address = memory.add(identity);
    long echo = NativeCalls.call(MemorySegment.ofAddress(address), 0x5eed, 0, 0, 0, 0, 0);
    if (echo != 0x5eed) {
      throw new UnsupportedOperationException("a function of one instruction gave a wrong result");
    }
    return memory;
  }

  private static String accessObstacle() {
    Module module = NativeCalls.class.getModule();
    return NativeCalls.available()
        ? null
        : "native access is not enabled; start java with --enable-native-access="
            + (module.isNamed() ? module.getName() : "ALL-UNNAMED");
  }

  /** Why there is no machine code of ours for a system, or {@code null} if there is. */
  static String systemObstacle(String system, String architecture) {
    if (!architecture.equals("amd64") && !architecture.equals("x86_64")) {
      return "no machine code is written for the architecture " + architecture + " yet";
    }
    // Windows passes arguments in other registers and keeps some vector registers; macOS was not tried
    return system.equals("Linux") ? null : "no machine code is written for " + system + " yet";
  }

  /**
   * Makes code ready to be called.
   *
   * @return the address of its first byte; that of a label is so many bytes on as its position says
   * @throws UnsupportedOperationException if the system gives no memory or a policy forbids executing it
   */
  public synchronized long add(X64Assembler assembler) {
    byte[] code = assembler.toByteArray();
    long bytes = (code.length + PAGE - 1L) / PAGE * PAGE;
    if (bytes > end - next) {
      long size = Math.max(bytes, REGION);
      next = pages.map(size);
      if (next == -1) {
        next = end = 0;
        throw new UnsupportedOperationException("the system gives no memory for machine code");
      }
      end = next + size;
    }
    long address = next;
    pages.write(address, code);
    next += bytes;
    if (!pages.makeExecutable(address, bytes)) {
      throw new UnsupportedOperationException(
          "a policy of the system forbids to execute memory that was written (such as SELinux execmem)");
    }
    return address;
  }

  /** The calls of POSIX, with the constants of Linux on x86-64. */
  private static final class PosixPages implements Pages {
    private static final int READ_WRITE = 3;
    private static final int READ_EXECUTE = 5;
    private static final int PRIVATE_ANONYMOUS = 0x22;
    private final MemorySegment mmap = require("mmap");
    private final MemorySegment mprotect = require("mprotect");

    private final MemorySegment memcpy = require("memcpy");

    private static MemorySegment require(String name) {
      return NativeCalls.function(name)
          .orElseThrow(() -> new UnsupportedOperationException("the system's C library has no " + name));
    }

    /** By a call, so that no segment over memory that Java knows nothing of is needed. */
    @Override
    public void write(long address, byte[] code) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment source = arena.allocateFrom(ValueLayout.JAVA_BYTE, code);
        NativeCalls.call(memcpy, address, source.address(), code.length, 0, 0, 0);
      }
    }

    @Override
    public long map(long bytes) {
      return NativeCalls.call(mmap, 0, bytes, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0);
    }

    @Override
    public boolean makeExecutable(long address, long bytes) {
      return (int) NativeCalls.call(mprotect, address, bytes, READ_EXECUTE, 0, 0, 0) == 0;
    }
  }
}
