package io.picaflor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.module.ModuleDescriptor;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The borders between modules, read from the modules that run: who may know whom, which libraries, what is public. An arrow
 * never runs upwards (docs/architecture.md).
 */
class BordersTest {
  private static final String RUNTIME = "io.picaflor";

  /** Each module, lower ones first, with all that it may require; what it requires of the JDK beside java.base too. */
  private static final Map<String, Set<String>> ARROWS = Map.of(
      "io.picaflor.platform", Set.of(),
      "io.picaflor.quantization", Set.of(),
      "io.picaflor.codegen", Set.of("io.picaflor.platform"),
      "io.picaflor.weightcache", Set.of("io.picaflor.platform"),
      "io.picaflor.kvcache", Set.of("io.picaflor.platform"),
      "io.picaflor.kernels",
      Set.of("io.picaflor.platform", "io.picaflor.quantization", "io.picaflor.codegen", "jdk.incubator.vector"),
      "io.picaflor.tokenizer", Set.of("com.fasterxml.jackson.core"),
      RUNTIME, Set.of(
          "io.picaflor.platform", "io.picaflor.quantization", "io.picaflor.kernels", "io.picaflor.kvcache",
          "io.picaflor.weightcache",
          "io.picaflor.tokenizer", "jdk.jfr", "jdk.management"),
      "io.picaflor.cli",
      Set.of(RUNTIME, "io.picaflor.weightcache", "org.apache.commons.cli", "com.fasterxml.jackson.databind"));

  /** What users and other modules may see. A module that is not named exports the package of its name. */
  private static final Map<String, Set<String>> PUBLIC = Map.of(
      "io.picaflor.tokenizer", Set.of("io.picaflor.tokenizer", "io.picaflor.tokenizer.template"),
      "io.picaflor.cli", Set.of("io.picaflor.cli.verb"));

  /** Our modules among those that this JVM has resolved: all that the program consists of. */
  private static Map<String, ModuleDescriptor> modules() {
    return ModuleLayer.boot().modules().stream()
        .map(Module::getDescriptor)
        .filter(m -> m.name().equals(RUNTIME) || m.name().startsWith(RUNTIME + "."))
        .collect(Collectors.toMap(ModuleDescriptor::name, m -> m, (a, _) -> a, TreeMap::new));
  }

  @Test
  void theProgramRunsAsNamedModules() {
    assertEquals("io.picaflor.cli", Picaflor.class.getModule().getName());
    assertTrue(modules().size() >= 6, () -> modules().keySet().toString());
    assertTrue(modules().values().stream().noneMatch(ModuleDescriptor::isAutomatic));
  }

  @Test
  void noModuleKnowsMoreThanItMay() {
    for (ModuleDescriptor module : modules().values()) {
      Set<String> known = new TreeSet<>();
      module.requires().stream().map(ModuleDescriptor.Requires::name).forEach(known::add);
      known.remove("java.base");
      Set<String> allowed = ARROWS.get(module.name());
      assertTrue(allowed != null, () -> module.name() + " is new: give it a place in the picture, and in this test");
      known.removeAll(allowed);
      // Tests are patched into the module of this test, and their libraries are read beside those that it declares.
      assertEquals(Set.of(), known, () -> module.name() + " requires what it must not know");
    }
  }

  @Test
  void noArrowRunsInACircle() {
    for (String module : modules().keySet()) {
      assertTrue(!below(module).contains(module), () -> module + " requires itself by way of others");
    }
    assertTrue(below("io.picaflor.cli").contains("io.picaflor.quantization"), "the walk goes all the way down");
  }

  private static Set<String> below(String module) {
    Set<String> seen = new TreeSet<>();
    collectBelow(module, seen);
    return seen;
  }

  private static void collectBelow(String module, Set<String> seen) {
    ModuleDescriptor descriptor = modules().get(module);
    if (descriptor != null) {
      descriptor.requires().stream().map(ModuleDescriptor.Requires::name).filter(seen::add)
          .forEach(name -> collectBelow(name, seen));
    }
  }

  @Test
  void onlyThePublicPackagesAreExported() {
    for (ModuleDescriptor module : modules().values()) {
      Set<String> exported = new TreeSet<>();
      for (ModuleDescriptor.Exports export : module.exports()) {
        exported.add(export.source() + (export.isQualified() ? " to " + export.targets() : ""));
      }
      assertEquals(PUBLIC.getOrDefault(module.name(), Set.of(module.name())), exported, module.name());
    }
  }

  @Test
  void noPackageIsOpenToReflection() {
    for (ModuleDescriptor module : modules().values()) {
      assertTrue(!module.isOpen() && module.opens().isEmpty(), module.name());
    }
  }
}
