package io.picaflor.kernels;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** The tiers of this process, best first, and the choice between them. */
enum KernelTiers {
  SCALAR("scalar", () -> null, ScalarKernels::new);

  private static final Logger LOG = System.getLogger(Kernels.class.getName());

  private final String tierName;
  private final Supplier<String> obstacle;
  private final Supplier<Kernels> maker;

  KernelTiers(String tierName, Supplier<String> obstacle, Supplier<Kernels> maker) {
    this.tierName = tierName;
    this.obstacle = obstacle;
    this.maker = maker;
  }

  static Kernels choose(String forced) {
    if (forced != null) {
      return forced(forced);
    }
    for (KernelTiers tier : values()) {
      String reason = tier.obstacle.get();
      if (reason == null) {
        Kernels kernels = tier.maker.get();
        LOG.log(Level.DEBUG, "kernels: {0}", kernels.description());
        return kernels;
      }
      LOG.log(Level.WARNING, "kernels ''{0}'' cannot run, this will be slow: {1}", tier.tierName, reason);
    }
    throw new AssertionError("tier scalar runs everywhere");
  }

  private static Kernels forced(String name) {
    for (KernelTiers tier : values()) {
      if (tier.tierName.equals(name)) {
        String reason = tier.obstacle.get();
        if (reason != null) {
          throw new UnsupportedOperationException("kernels '" + name + "' cannot run: " + reason);
        }
        return tier.maker.get();
      }
    }
    List<String> known = Arrays.stream(values()).map(tier -> tier.tierName).toList();
    throw new IllegalArgumentException("kernels: expected one of " + known + ", found '" + name + "'");
  }
}
