package io.picaflor.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.picaflor.platform.NativeCalls;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ExecutableMemoryTest {

  private static ExecutableMemory open() {
    assumeTrue(ExecutableMemory.systemObstacle(System.getProperty("os.name"), System.getProperty("os.arch")) == null,
        "no machine code is written for this system");
    return ExecutableMemory.open();
  }

  private static X64Assembler constant(long value) {
    X64Assembler a = new X64Assembler();
    a.mov(Gpr.RAX, value);
    a.ret();
    return a;
  }

  @Test
  void thisTestRunsInANamedModule() {
    assertTrue(ExecutableMemory.class.getModule().isNamed());
  }

  @Test
  void manyFunctionsStandInOneRegionAndRun() {
    ExecutableMemory memory = open();
    long[] addresses = new long[300]; // more than a region of 256 pages has room for
    for (int i = 0; i < addresses.length; i++) {
      addresses[i] = memory.add(constant(7L * i));
    }
    assertEquals(4096, addresses[100] - addresses[99]);
    for (int i = 0; i < addresses.length; i++) {
      assertEquals(7L * i, NativeCalls.call(MemorySegment.ofAddress(addresses[i]), 0, 0, 0, 0, 0, 0));
    }
  }

  @Test
  void allSixArgumentsArrive() {
    X64Assembler a = new X64Assembler();
    a.mov(Gpr.RAX, Gpr.RDI);
    for (Gpr argument : new Gpr[] {Gpr.RSI, Gpr.RDX, Gpr.RCX, Gpr.R8, Gpr.R9}) {
      a.shl(Gpr.RAX, 4);
      a.add(Gpr.RAX, argument);
    }
    a.ret();
    assertEquals(0x123456, NativeCalls.call(MemorySegment.ofAddress(open().add(a)), 1, 2, 3, 4, 5, 6));
  }

  @Test
  void codeIsNeverWritableAndExecutable() throws Exception {
    long address = open().add(constant(1));
    int found = 0;
    for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
      long from = Long.parseUnsignedLong(line.substring(0, line.indexOf('-')), 16);
      long to = Long.parseUnsignedLong(line.substring(line.indexOf('-') + 1, line.indexOf(' ')), 16);
      if (from <= address && address < to) {
        assertTrue(line.contains(" r-xp "), line);
        found++;
      }
    }
    assertEquals(1, found);
  }

  @Test
  void aSystemWithoutMemoryIsAReason() {
    ExecutableMemory memory = new ExecutableMemory(pages(-1, true));
    var error = assertThrows(UnsupportedOperationException.class, () -> memory.add(constant(1)));
    assertEquals("the system gives no memory for machine code", error.getMessage());
  }

  @Test
  void aPolicyThatForbidsExecutionIsAReason() {
    ExecutableMemory memory = new ExecutableMemory(pages(0x1000, false));
    var error = assertThrows(UnsupportedOperationException.class, () -> memory.add(constant(1)));
    assertTrue(error.getMessage().startsWith("a policy of the system forbids to execute"), error.getMessage());
  }

  private static ExecutableMemory.Pages pages(long address, boolean executable) {
    return new ExecutableMemory.Pages() {
      @Override
      public long map(long bytes) {
        return address;
      }

      @Override
      public void write(long at, byte[] code) {}

      @Override
      public boolean makeExecutable(long at, long bytes) {
        return executable;
      }
    };
  }

  @Test
  void systemsThatNoCodeIsWrittenForAreNamed() {
    assertNull(ExecutableMemory.systemObstacle("Linux", "amd64"));
    assertEquals("no machine code is written for the architecture aarch64 yet",
        ExecutableMemory.systemObstacle("Linux", "aarch64"));
    assertEquals("no machine code is written for Windows 11 yet",
        ExecutableMemory.systemObstacle("Windows 11", "amd64"));
    assertFalse(ExecutableMemory.systemObstacle("Mac OS X", "x86_64").isEmpty());
  }
}
