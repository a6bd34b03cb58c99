package io.picaflor.kernels;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** The tiers of this process, best first, and the choice between them. */
enum KernelTiers {
  VECTOR("vector", KernelTiers::vectorObstacle, () -> new VectorKernels()),
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

  /** Asked before any class that mentions the incubator module is loaded. */
  private static String vectorObstacle() {
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      return "the JVM runs without the module jdk.incubator.vector; start java with --add-modules jdk.incubator.vector";
    }
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      return "this CPU is big-endian, which the vector kernels do not support";
    }
    if (Lanes.COUNT < 4) {
      return "this CPU prefers vectors of " + Lanes.FLOATS.vectorBitSize() + " bit, fewer than 128";
    }
    return null;
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

  /** Names of all tiers, best first. */
  static List<String> names() {
    return Arrays.stream(values()).map(tier -> tier.tierName).toList();
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
    throw new IllegalArgumentException("kernels: expected one of " + names() + ", found '" + name + "'");
  }
}
