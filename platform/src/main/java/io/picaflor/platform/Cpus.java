package io.picaflor.platform;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * The CPUs that this process may run on, and which of them are fast cores. Immutable, safe for many threads.
 *
 * <p>Read from the files of Linux ({@code /proc/self/status}, {@code /sys/devices/system/cpu}); where they are missing, all
 * that is known is how many processors the JVM counts.
 *
 * <p>A core is fast if its capacity ({@code cpu_capacity}, where the kernel knows it; else {@code cpufreq/cpuinfo_max_freq}) is at
 * least {@value #FAST_PERCENT} % of the largest: this parts big from little cores on ARM, and performance from efficiency cores on
 * x86, but not cores that merely turbo differently.
 */
public final class Cpus {
  private static final int FAST_PERCENT = 80;

  /** The fast cores, each the set of its CPUs (SMT siblings) that we may use, in the order of the lowest. */
  private final List<BitSet> fastCores;

  private final BitSet all;
  private final int processors;

  private Cpus(BitSet all, List<BitSet> fastCores, int processors) {
    this.all = all;
    this.fastCores = fastCores;
    this.processors = processors;
  }

  /** Those of this process, as they are now. Reads a few small files for each CPU. */
  public static Cpus ofProcess() {
    return read(Path.of("/"), Runtime.getRuntime().availableProcessors());
  }

  /**
   * The same from a folder that stands for the root of the file system.
   *
   * @param processors how many processors the JVM counts; a container's limit is in it
   */
  static Cpus read(Path root, int processors) {
    BitSet allowed = allowed(root);
    Path folder = root.resolve("sys/devices/system/cpu");
    Map<Integer, Long> capacities = new TreeMap<>();
    allowed.stream().forEach(cpu -> capacities.put(cpu, capacity(folder.resolve("cpu" + cpu))));
    long largest = capacities.values().stream().mapToLong(Long::longValue).max().orElse(0);
    List<BitSet> cores = new ArrayList<>();
    BitSet seen = new BitSet();
    for (Map.Entry<Integer, Long> entry : capacities.entrySet()) {
      int cpu = entry.getKey();
      if (entry.getValue() >= largest * FAST_PERCENT / 100 && !seen.get(cpu)) {
        BitSet core = siblings(folder.resolve("cpu" + cpu), cpu);
        core.and(allowed);
        core.andNot(seen);
        seen.or(core);
        cores.add(core);
      }
    }
    return new Cpus(allowed, List.copyOf(cores), processors);
  }

  private static BitSet allowed(Path root) {
    try {
      for (String line : Files.readAllLines(root.resolve("proc/self/status"))) {
        if (line.startsWith("Cpus_allowed_list:")) {
          return parse(line.substring(line.indexOf(':') + 1).strip());
        }
      }
    } catch (IOException | RuntimeException e) {
      // No such file, or in a form that is not ours to guess at: then nothing is known.
    }
    return new BitSet();
  }

  private static long capacity(Path cpu) {
    return number(cpu.resolve("cpu_capacity"))
        .orElseGet(() -> number(cpu.resolve("cpufreq/cpuinfo_max_freq")).orElse(0));
  }

  private static OptionalLong number(Path file) {
    try {
      return OptionalLong.of(Long.parseLong(Files.readString(file).strip()));
    } catch (IOException | NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /** The CPUs that share a core with this one, itself among them; only itself if that is not known. */
  private static BitSet siblings(Path folder, int cpu) {
    BitSet core = new BitSet();
    try {
      core = parse(Files.readString(folder.resolve("topology/thread_siblings_list")).strip());
    } catch (IOException | RuntimeException e) {
      // Unknown: a core of its own.
    }
    core.set(cpu);
    return core;
  }

  /** A list as the kernel writes it: {@code 0-3,8}. */
  private static BitSet parse(String list) {
    BitSet cpus = new BitSet();
    for (String range : list.split(",")) {
      String[] ends = range.split("-", 2);
      int first = Integer.parseInt(ends[0]);
      cpus.set(first, Integer.parseInt(ends[ends.length - 1]) + 1);
    }
    return cpus;
  }

  /** The CPUs that the process may run on, SMT siblings and slow ones too; empty if they are not known. */
  public BitSet all() {
    return (BitSet) all.clone();
  }

  /**
   * How many threads to compute with, if nobody says otherwise: the number of fast cores, at most what the JVM counts as
   * processors (a container's limit), at least one.
   *
   * <p>SMT siblings are one core, since two threads on one core share the units that compute. Only where there is a single core
   * each of its CPUs counts: such a machine is mostly a small virtual one, whose hypervisor invents its topology.
   */
  public int fastCores() {
    int cores = fastCores.size() == 1 ? fastCores.getFirst().cardinality() : fastCores.size();
    return cores == 0 ? processors : Math.min(cores, processors);
  }

  /**
   * Deals the CPUs out to threads, so that no two threads meet on one CPU: whole fast cores where there are enough, else single
   * CPUs. A thread gets all that falls to it and not one CPU only, so that two processes do not both crowd onto the first few.
   *
   * @return a set for each thread; empty if there are fewer CPUs than threads, or none is known
   */
  public List<BitSet> deal(int threads) {
    List<BitSet> units = fastCores.size() >= threads ? fastCores : all.stream().mapToObj(Cpus::only).toList();
    if (threads < 1 || units.size() < threads) {
      return List.of();
    }
    List<BitSet> parts = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      BitSet part = new BitSet();
      units.subList(units.size() * i / threads, units.size() * (i + 1) / threads).forEach(part::or);
      parts.add(part);
    }
    return parts;
  }

  private static BitSet only(int cpu) {
    BitSet set = new BitSet();
    set.set(cpu);
    return set;
  }
}
