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
  void savingReadsTheThreadsOwnCpus() {
    CpuMask one = CpuMask.of(only(before.cpus().nextSetBit(0))).orElseThrow();
    CpuMask saved = CpuMask.of(only(0)).orElseThrow();
    assertTrue(saved.save());
    assertEquals(before.cpus(), saved.cpus());
    assertTrue(saved.sameAs(before));
    one.bindCurrentThread();
    saved.save();
    assertTrue(saved.sameAs(one));
    assertEquals(before.cpus().cardinality() == 1, saved.sameAs(before));
  }

  @Test
  void cpusThatAreNotThereAreRefusedAndNothingChanges() {
    assertFalse(CpuMask.of(only(8191)).orElseThrow().bindCurrentThread());
    assertTrue(CpuMask.ofCurrentThread().orElseThrow().sameAs(before));
  }

  @Test
  void aMaskOfNoCpusOrTooManyIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> CpuMask.of(new BitSet()));
    assertThrows(IllegalArgumentException.class, () -> CpuMask.of(only(8192)));
  }
}
