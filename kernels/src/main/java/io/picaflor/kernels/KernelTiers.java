package io.picaflor.kernels;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** The tiers of this process, best first, and the choice between them. */
enum KernelTiers {
  JIT("jit", KernelTiers::jit),
  VECTOR("vector", _ -> vector()),
  SCALAR("scalar", _ -> new ScalarKernels());

  private static final Logger LOG = System.getLogger(Kernels.class.getName());

  private final String tierName;
  /** Makes the tier, at a level or {@code null}; an {@link UnsupportedOperationException} says why it cannot run. */
  private final Function<JitLevel, Kernels> maker;

  KernelTiers(String tierName, Function<JitLevel, Kernels> maker) {
    this.tierName = tierName;
    this.maker = maker;
  }

  private static Kernels jit(JitLevel level) {
    return JitKernels.of(level);
  }

  private static Kernels vector() {
    String obstacle = vectorObstacle();
    if (obstacle != null) {
      throw new UnsupportedOperationException(obstacle);
    }
    return new VectorKernels();
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
    List<String> refusals = new ArrayList<>();
    for (KernelTiers tier : values()) {
      try {
        Kernels kernels = tier.maker.apply(null);
        if (refusals.isEmpty()) {
          LOG.log(Level.DEBUG, "kernels: {0}", kernels.description());
        } else {
          LOG.log(Level.WARNING, "kernels: ''{0}'' runs, which is slower: {1}", tier.tierName,
              String.join("; ", refusals));
        }
        return kernels;
      } catch (UnsupportedOperationException e) {
        refusals.add("'" + tier.tierName + "' cannot run, " + e.getMessage());
      }
    }
    throw new AssertionError("tier scalar runs everywhere");
  }

  /** Names of all tiers, best first. */
  static List<String> names() {
    return Arrays.stream(values()).map(tier -> tier.tierName).toList();
  }

  /** A tier by its name, or {@code jit:LEVEL}. */
  private static Kernels forced(String name) {
    KernelTiers tier = tier(name);
    try {
      return tier.maker.apply(level(name));
    } catch (UnsupportedOperationException e) {
      throw new UnsupportedOperationException("kernels '" + name + "' cannot run: " + e.getMessage(), e);
    }
  }

  static void requireKnown(String name) {
    tier(name);
    level(name);
  }

  private static boolean hasLevel(String name) {
    return name.startsWith(JIT.tierName + ":");
  }

  private static KernelTiers tier(String name) {
    for (KernelTiers tier : values()) {
      if (tier.tierName.equals(name) || tier == JIT && hasLevel(name)) {
        return tier;
      }
    }
    throw new IllegalArgumentException("kernels: expected one of " + names() + ", found '" + name + "'");
  }

  /** The level that a name asks for, or {@code null} for none. */
  private static JitLevel level(String name) {
    if (!hasLevel(name)) {
      return null;
    }
    String wanted = name.substring(JIT.tierName.length() + 1);
    for (JitLevel level : JitLevel.values()) {
      if (level.levelName().equals(wanted)) {
        return level;
      }
    }
    throw new IllegalArgumentException("kernels: expected a level of "
        + Arrays.stream(JitLevel.values()).map(JitLevel::levelName).toList() + ", found '" + name + "'");
  }
}
