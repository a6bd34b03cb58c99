package io.picaflor.codegen;

import static io.picaflor.codegen.CpuFeatures.Feature.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CpuFeaturesTest {
  private static final int AVX_FMA_F16C = 1 << 28 | 1 << 12 | 1 << 29;
  private static final int AVX2_BIT = 1 << 5;
  private static final int AVX512_BITS = 1 << 16 | 1 << 17 | 1 << 30 | 1 << 31;
  private static final int VNNI_BIT = 1 << 11;
  private static final int AVX_VNNI_BIT = 1 << 4;

  private static Set<CpuFeatures.Feature> of(int leaf7ebx, int leaf7ecx, int leaf7sub1eax, long state) {
    return CpuFeatures.of(AVX_FMA_F16C, leaf7ebx, leaf7ecx, leaf7sub1eax, state).features();
  }

  @Test
  void everythingIsFoundWhereCpuAndSystemHaveIt() {
    assertEquals(EnumSet.allOf(CpuFeatures.Feature.class), of(AVX2_BIT | AVX512_BITS, VNNI_BIT, AVX_VNNI_BIT, 0xE7));
  }

  @Test
  void wideRegistersThatTheSystemDoesNotSaveAreNotUsed() {
    assertEquals(EnumSet.of(AVX2, FMA, F16C, AVX_VNNI), of(AVX2_BIT | AVX512_BITS, VNNI_BIT, AVX_VNNI_BIT, 0x07));
    assertEquals(EnumSet.noneOf(CpuFeatures.Feature.class), of(AVX2_BIT | AVX512_BITS, VNNI_BIT, AVX_VNNI_BIT, 0x03));
  }

  @Test
  void eachPartOfAvx512IsNeeded() {
    for (int bit : new int[] {16, 17, 30, 31}) {
      assertEquals(EnumSet.of(AVX2, FMA, F16C), of(AVX2_BIT | AVX512_BITS & ~(1 << bit), VNNI_BIT, 0, 0xE7));
    }
  }

  @Test
  void theCpuSaysWhatTheKernelSaysOfIt() throws Exception {
    assumeTrue(ExecutableMemory.systemObstacle(System.getProperty("os.name"), System.getProperty("os.arch")) == null,
        "no machine code is written for this system");
    String line = Files.readAllLines(Path.of("/proc/cpuinfo")).stream().filter(l -> l.startsWith("flags")).findFirst()
        .orElseThrow();
    List<String> flags = List.of(line.substring(line.indexOf(':') + 1).strip().split(" "));
    EnumSet<CpuFeatures.Feature> expected = EnumSet.noneOf(CpuFeatures.Feature.class);
    if (flags.contains("avx2")) {
      expected.add(AVX2);
    }
    if (flags.contains("fma")) {
      expected.add(FMA);
    }
    if (flags.contains("f16c")) {
      expected.add(F16C);
    }
    if (flags.containsAll(List.of("avx512f", "avx512bw", "avx512vl", "avx512dq"))) {
      expected.add(AVX512);
    }
    if (flags.contains("avx512_vnni")) {
      expected.add(AVX512_VNNI);
    }
    if (flags.contains("avx_vnni")) {
      expected.add(AVX_VNNI);
    }
    assertEquals(expected, CpuFeatures.detect(ExecutableMemory.open()).features());
  }
}
