package io.picaflor.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.codegen.CpuFeatures;
import io.picaflor.platform.NativeCalls;
import io.picaflor.quantization.WeightMatrix;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

class KernelTiersTest {

  /** Prints the tier that a fresh JVM chooses. */
  static final class Chooser {
    public static void main(String[] forced) {
      System.out.println("chosen: " + Kernels.choose(forced.length == 0 ? null : forced[0]).name());
    }
  }

  @Test
  void aForcedTierIsTaken() {
    assertEquals("scalar", Kernels.choose("scalar").name());
    assertEquals("vector", Kernels.choose("vector").name());
  }

  @Test
  void anUnknownTierIsRefusedWithTheKnownOnes() {
    var error = assertThrows(IllegalArgumentException.class, () -> Kernels.choose("turbo"));
    assertEquals("kernels: expected one of [jit, vector, scalar], found 'turbo'", error.getMessage());
  }

  @Test
  @EnabledIf("machineCodeRunsHere")
  void machineCodeIsTheFirstChoiceAndNeedsNoVectorModule() throws Exception {
    Output output = run(List.of("--enable-native-access=ALL-UNNAMED"));
    assertEquals("chosen: jit", output.text.strip());
  }

  @Test
  void withoutNativeAccessVectorRunsAndOneLineSaysWhy() throws Exception {
    Output output = run(List.of("--add-modules", "jdk.incubator.vector"));
    assertTrue(output.text.contains("chosen: vector"), output.text);
    assertEquals(1, output.lines("'jit' cannot run"), output.text);
    assertEquals(1, output.lines("--enable-native-access"), output.text);
  }

  @Test
  void withoutBothTheFallbackWarnsOnceWithTheCures() throws Exception {
    Output output = run(List.of());
    assertTrue(output.text.contains("chosen: scalar"), output.text);
    assertEquals(1, output.lines("--add-modules jdk.incubator.vector"), output.text);
    assertEquals(1, output.lines("--enable-native-access"), output.text);
  }

  static boolean machineCodeRunsHere() {
    return Tiers.all().stream().anyMatch(tier -> tier.name().equals("jit"));
  }

  @Test
  void withoutTheVectorModuleAForcedVectorTierIsAnErrorWithTheCure() throws Exception {
    Output output = run(List.of(), "vector");
    assertEquals(1, output.status, output.text);
    assertTrue(output.text.contains("kernels 'vector' cannot run: the JVM runs without the module "
        + "jdk.incubator.vector; start java with --add-modules jdk.incubator.vector"), output.text);
  }

  @Test
  void theVectorTierRunsFromTheClassPathToo() throws Exception {
    Output output = run(List.of("--add-modules", "jdk.incubator.vector"), "vector");
    assertTrue(output.text.contains("chosen: vector"), output.text);
  }

  private record Output(int status, String text) {
    long lines(String with) {
      return text.lines().filter(line -> line.contains(with)).count();
    }
  }

  /** Runs {@link Chooser} from the class path. */
  private static Output run(List<String> options, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", String.join(File.pathSeparator,
        place(Kernels.class), place(WeightMatrix.class), place(CpuFeatures.class), place(NativeCalls.class),
        Path.of("target", "test-classes").toString())));
    command.add(Chooser.class.getName());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("JDK_JAVA_OPTIONS");
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    Process process = builder.start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Output(process.waitFor(), text);
  }

  private static String place(Class<?> type) {
    return Path.of(java.net.URI.create(type.getProtectionDomain().getCodeSource().getLocation().toString())).toString();
  }
}
