package io.picaflor.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The machine and the JVM that a measurement ran on.
 *
 * @param cpu its model name, else the architecture
 * @param features those instruction sets that matter to kernels, by the kernel's names for them
 * @param processors how many the JVM may use
 * @param java name and version of the JVM
 */
record Machine(String cpu, List<String> features, int processors, String java) {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
  private static final List<String> TELLING = List.of(
      "avx2", "fma", "avx512f", "avx512bw", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8",
      "asimd", "asimddp", "i8mm", "sve");

  /** This one. */
  static Machine current() {
    String java = System.getProperty("java.vm.name") + " " + Runtime.version();
    List<String> words = Arrays.asList((field("flags") + " " + field("Features")).split(" "));
    String name = field("model name");
    return new Machine(
        name.isEmpty() ? System.getProperty("os.arch") : name,
        TELLING.stream().filter(words::contains).toList(),
        Runtime.getRuntime().availableProcessors(),
        java);
  }

  /** The clock of the first processor at this moment in MHz; empty where the system does not say. */
  static OptionalDouble clockMhz() {
    try {
      return OptionalDouble.of(Double.parseDouble(field("cpu MHz")));
    } catch (NumberFormatException e) {
      return OptionalDouble.empty();
    }
  }

  /** The first value of a name in /proc/cpuinfo; empty where there is none. */
  private static String field(String name) {
    try {
      for (String line : Files.readAllLines(CPU_INFO)) {
        int colon = line.indexOf(':');
        if (colon > 0 && line.substring(0, colon).strip().equals(name)) {
          return line.substring(colon + 1).strip();
        }
      }
    } catch (IOException e) {
      return ""; // no Linux
    }
    return "";
  }
}
