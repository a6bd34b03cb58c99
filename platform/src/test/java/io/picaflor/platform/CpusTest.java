package io.picaflor.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** CPUs as they are read from file trees of machines that we do not have. */
class CpusTest {
  @TempDir
  private Path root;

  private void allow(String list) throws IOException {
    write("proc/self/status", "Name:\tjava\nCpus_allowed:\tff\nCpus_allowed_list:\t" + list + "\nMems_allowed:\t1\n");
  }

  private void cpu(int number, String file, Object value) throws IOException {
    write("sys/devices/system/cpu/cpu" + number + "/" + file, value + "\n");
  }

  private void write(String path, String text) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static BitSet set(int... cpus) {
    BitSet set = new BitSet();
    for (int cpu : cpus) {
      set.set(cpu);
    }
    return set;
  }

  @Test
  void theTestsRunInTheNamedModule() {
    assertEquals("io.picaflor.platform", Cpus.class.getModule().getName());
  }

  @Test
  void onlyBigCoresOfArmAreFast() throws IOException {
    allow("0-7");
    int[] capacities = {250, 250, 250, 250, 870, 870, 870, 1024};
    for (int i = 0; i < 8; i++) {
      cpu(i, "cpu_capacity", capacities[i]);
    }
    Cpus cpus = Cpus.read(root, 8);
    assertEquals(4, cpus.fastCores());
    assertEquals(List.of(set(4, 5), set(6, 7)), cpus.deal(2));
  }

  @Test
  void onlyPerformanceCoresOfAHybridAreFastAndTheirSiblingsAreOneCore() throws IOException {
    allow("0-7");
    for (int i = 0; i < 8; i++) {
      cpu(i, "cpufreq/cpuinfo_max_freq", i < 4 ? 5_200_000 : 3_900_000);
      cpu(i, "topology/thread_siblings_list", i < 2 ? "0-1" : i < 4 ? "2-3" : String.valueOf(i));
    }
    Cpus cpus = Cpus.read(root, 8);
    assertEquals(2, cpus.fastCores());
    assertEquals(List.of(set(0, 1), set(2, 3)), cpus.deal(2));
    // More threads than fast cores: all CPUs serve, one by one.
    assertEquals(List.of(set(0, 1), set(2, 3, 4), set(5, 6, 7)), cpus.deal(3));
  }

  @Test
  void coresThatMerelyTurboHigherAreNoOthers() throws IOException {
    allow("0-3");
    for (int i = 0; i < 4; i++) {
      cpu(i, "cpufreq/cpuinfo_max_freq", i < 2 ? 5_500_000 : 5_000_000);
    }
    assertEquals(4, Cpus.read(root, 4).fastCores());
  }

  @Test
  void theTwoSiblingsOfAMachineWithOneCoreBothCount() throws IOException {
    allow("0-1");
    for (int i = 0; i < 2; i++) {
      cpu(i, "topology/thread_siblings_list", "0-1");
    }
    Cpus cpus = Cpus.read(root, 2);
    assertEquals(2, cpus.fastCores());
    assertEquals(List.of(set(0), set(1)), cpus.deal(2));
  }

  @Test
  void onlyTheProcessesOwnCpusCount() throws IOException {
    allow("1,4-5");
    for (int i = 0; i < 8; i++) {
      cpu(i, "topology/thread_siblings_list", i % 4 + "," + (i % 4 + 4));
    }
    Cpus cpus = Cpus.read(root, 3);
    assertEquals(set(1, 4, 5), cpus.all());
    assertEquals(2, cpus.fastCores(), "1 and 5 are one core");
    assertEquals(List.of(set(1, 5), set(4)), cpus.deal(2));
  }

  @Test
  void aContainersLimitIsTheMost() throws IOException {
    allow("0-15");
    assertEquals(2, Cpus.read(root, 2).fastCores());
    assertEquals(16, Cpus.read(root, 64).fastCores());
  }

  @Test
  void aThreadGetsAllCpusThatFallToItAndNoTwoShareOne() throws IOException {
    allow("0-10");
    for (int threads = 1; threads <= 11; threads++) {
      BitSet seen = new BitSet();
      List<BitSet> parts = Cpus.read(root, 11).deal(threads);
      assertEquals(threads, parts.size());
      for (BitSet part : parts) {
        assertFalse(part.isEmpty());
        assertFalse(part.intersects(seen));
        seen.or(part);
      }
      assertEquals(11, seen.cardinality());
    }
  }

  @Test
  void moreThreadsThanCpusAreNotDealtAny() throws IOException {
    allow("0-1");
    assertEquals(List.of(), Cpus.read(root, 2).deal(3));
    assertEquals(List.of(), Cpus.read(root, 2).deal(0));
  }

  @Test
  void withoutTheFilesTheJvmsCountIsAllThatIsKnown() {
    Cpus cpus = Cpus.read(root, 6);
    assertEquals(6, cpus.fastCores());
    assertTrue(cpus.all().isEmpty());
    assertEquals(List.of(), cpus.deal(2));
  }

  @Test
  void filesInAnUnknownFormAreAsIfMissing() throws IOException {
    allow("all of them");
    assertTrue(Cpus.read(root, 3).all().isEmpty());
    allow("0-1");
    cpu(0, "cpu_capacity", "much");
    cpu(0, "topology/thread_siblings_list", "");
    assertEquals(2, Cpus.read(root, 2).fastCores());
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void thisMachineHasFastCores() {
    Cpus cpus = Cpus.ofProcess();
    assertFalse(cpus.all().isEmpty());
    assertTrue(cpus.fastCores() >= 1 && cpus.fastCores() <= Runtime.getRuntime().availableProcessors());
    assertEquals(cpus.fastCores(), cpus.deal(cpus.fastCores()).size());
  }
}
