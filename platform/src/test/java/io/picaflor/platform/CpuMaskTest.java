package io.picaflor.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Threads keep to CPUs; the kernel's own file is the witness. */
@EnabledOnOs(OS.LINUX)
class CpuMaskTest {
  private CpuMask before;

  @BeforeEach
  void remember() {
    before = CpuMask.ofCurrentThread().orElseThrow();
  }

  @AfterEach
  void restore() {
    before.bindCurrentThread();
  }

  private static String allowedOfThisThread() throws IOException {
    return Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
        .filter(line -> line.startsWith("Cpus_allowed_list:")).findFirst().orElseThrow().split("\\s+")[1];
  }

  private static BitSet only(int cpu) {
    BitSet set = new BitSet();
    set.set(cpu);
    return set;
  }

  @Test
  void aBoundThreadMayRunOnItsCpuOnlyUntilItIsGivenBack() throws IOException {
    String all = allowedOfThisThread();
    int last = before.cpus().length() - 1;
    assertTrue(CpuMask.of(only(last)).orElseThrow().bindCurrentThread());
    assertEquals(String.valueOf(last), allowedOfThisThread());
    assertTrue(before.bindCurrentThread());
    assertEquals(all, allowedOfThisThread());
  }

  @Test
  void theMaskOfAThreadIsWhatItIsBoundTo() {
    BitSet first = only(before.cpus().nextSetBit(0));
    CpuMask.of(first).orElseThrow().bindCurrentThread();
    assertEquals(first, CpuMask.ofCurrentThread().orElseThrow().cpus());
  }

  @Test
  void cpusThatAreNotThereAreRefusedAndNothingChanges() {
    assertFalse(CpuMask.of(only(8191)).orElseThrow().bindCurrentThread());
    assertEquals(before.cpus(), CpuMask.ofCurrentThread().orElseThrow().cpus());
  }

  @Test
  void aMaskOfNoCpusOrTooManyIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> CpuMask.of(new BitSet()));
    assertThrows(IllegalArgumentException.class, () -> CpuMask.of(only(8192)));
  }
}
