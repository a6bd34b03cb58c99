package io.picaflor.kernels;

import java.util.List;

/** The tiers that tests compare. */
final class Tiers {
  /** Of all random operands; printed with each failure. */
  static final long SEED = Long.getLong("picaflor.test.seed", 20_251_123L);

  private Tiers() {}

  /** All that can run here, the specification among them. */
  static List<Kernels> all() {
    return Kernels.tiers().stream().map(Kernels::choose).toList();
  }

  /** All that have to agree with the specification. */
  static List<Kernels> faster() {
    return all().stream().filter(tier -> !tier.name().equals("scalar")).toList();
  }
}
