package io.picaflor.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Native calls, and what there is without the right to make them. */
class NativeCallsTest {
  @Test
  void aFunctionOfTheCLibraryIsCalled() {
    MemorySegment labs = NativeCalls.function("labs").orElseThrow();
    assertEquals(1L << 40, NativeCalls.call(labs, -(1L << 40), 0, 0, 0, 0, 0));
    assertEquals(Optional.empty(), NativeCalls.function("picaflor_has_no_such_function"));
  }

  /** What {@link #withoutNativeAccessAllIsAbsentAndNothingIsSaid} starts. */
  static final class WithoutAccess {
    private WithoutAccess() {}

    public static void main(String[] arguments) {
      BitSet first = new BitSet();
      first.set(0);
      System.out.println(List.of(NativeCalls.available(), NativeCalls.function("labs"), CpuMask.of(first),
          CpuMask.ofCurrentThread(), ReservedMemory.reserve(4096), Cpus.ofProcess().fastCores() > 0));
      try {
        NativeCalls.call(MemorySegment.NULL, 0, 0, 0, 0, 0, 0);
      } catch (IllegalStateException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @Test
  void withoutNativeAccessAllIsAbsentAndNothingIsSaid() throws IOException, InterruptedException {
    for (String option : List.of("--illegal-native-access=warn", "--illegal-native-access=deny")) {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of(option, "-cp", classPath(), WithoutAccess.class.getName()));
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes());
      assertEquals(0, process.waitFor(), output);
      String empty = "Optional.empty";
      assertEquals(
          List.of("[false, " + String.join(", ", empty, empty, empty, empty) + ", true]",
              "native calls: start the JVM with --enable-native-access=io.picaflor.platform"),
          output.lines().toList());
    }
  }

  private static String classPath() {
    Path classes = Path.of("target", "classes").toAbsolutePath();
    assertTrue(classes.toFile().isDirectory(), classes + " is where Maven compiles to");
    return classes + java.io.File.pathSeparator + classes.resolveSibling("test-classes");
  }
}
