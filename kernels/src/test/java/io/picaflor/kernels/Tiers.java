package io.picaflor.kernels;

import java.util.ArrayList;
import java.util.List;

/** The tiers that tests compare. */
final class Tiers {
  /** Of all random operands; printed with each failure. */
  static final long SEED = Long.getLong("picaflor.test.seed", 20_251_123L);

  private Tiers() {}

  /** Each one made once, for machine code stays for good. */
  private static final List<Kernels> ALL = make();

  private static List<Kernels> make() {
    List<Kernels> tiers = new ArrayList<>();
    tiers.add(Kernels.choose("scalar"));
    tiers.add(Kernels.choose("vector"));
    for (JitLevel level : JitLevel.values()) {
      try {
        tiers.add(Kernels.choose("jit:" + level.levelName()));
      } catch (UnsupportedOperationException e) {
        System.out.println(e.getMessage() + ": not tested"); // what runs is printed, so that nothing is skipped in silence
      }
    }
    return tiers;
  }

  /** All that can run here, the specification among them. */
  static List<Kernels> all() {
    return ALL;
  }

  /** All that have to agree with the specification. */
  static List<Kernels> faster() {
    return all().stream().filter(tier -> !tier.name().equals("scalar")).toList();
  }
}
