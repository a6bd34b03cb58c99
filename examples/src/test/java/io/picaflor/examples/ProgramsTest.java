package io.picaflor.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The small programs in {@code examples/programs}, compiled as a user's JDK would and run on the demo model. */
class ProgramsTest {
  private static final Path PROGRAMS = Path.of("programs");
  private static final Path README = Path.of("../README.md");
  private static final Pattern JAVA_BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @TempDir
  private Path classes;

  /** Compiles a program, with all warnings as errors, and runs it with the demo model as its argument. */
  private Printed run(String name, String input) throws Exception {
    StringWriter complaints = new StringWriter();
    PrintWriter printed = new PrintWriter(complaints);
    int status = ToolProvider.findFirst("javac").orElseThrow().run(printed, printed,
        "-Xlint:all,-incubating", "-Werror",
        "--module-path", System.getProperty("jdk.module.path"), "--add-modules", "io.picaflor",
        "-d", classes.toString(), PROGRAMS.resolve(name + ".java").toString());
    assertEquals(0, status, complaints::toString);
    try (URLClassLoader loader = new URLClassLoader(new URL[] {classes.toUri().toURL()})) {
      Constructor<?> constructor = loader.loadClass(name).getDeclaredConstructor();
      constructor.setAccessible(true);
      Object program = constructor.newInstance();
      Method main = program.getClass().getDeclaredMethod("main", String[].class);
      main.setAccessible(true);
      return Printed.by(input, () -> main.invoke(program, (Object) new String[] {DemoFile.path().toString()}));
    }
  }

  @Test
  void firstTokensStreamsAStoryAndTellsWhatItTook() throws Exception {
    List<String> lines = run("FirstTokens", "").out().lines().toList();
    assertTrue(lines.getFirst().length() > 100, lines.getFirst());
    assertTrue(lines.getLast().matches("load .* tokens/s, .*"), lines.getLast());
  }

  @Test
  void theReadmeShowsFirstTokensAsItIs() throws IOException {
    if (!Files.exists(README)) {
      System.out.println("README.md is absent: its program is not compared");
      return;
    }
    Matcher block = JAVA_BLOCK.matcher(Files.readString(README));
    assertTrue(block.find(), "README.md has no java block");
    assertEquals(Files.readString(PROGRAMS.resolve("FirstTokens.java")), block.group(1));
  }

  @Test
  void anotherThreadStopsTheStream() throws Exception {
    List<String> lines = run("StopFromAnotherThread", "\n").out().lines().toList();
    assertEquals("CANCELLED", lines.getLast());
  }

  @Test
  void seedsDecide() throws Exception {
    List<String> lines = run("SeededSampling", "").out().lines().toList();
    assertEquals(3, lines.size());
    assertEquals(lines.get(0), lines.get(2));
    assertNotEquals(lines.get(0).substring("seed 1:".length()), lines.get(1).substring("seed 2:".length()));
  }

  @Test
  void aConversationKeepsItsMessages() throws Exception {
    List<String> lines = run("TwoTurns", "").out().lines().toList();
    assertTrue(lines.getFirst().startsWith("Once upon a time, there was a small fox."), lines.getFirst());
    assertTrue(lines.getLast().matches("assistant: .*cat.*"), lines.getLast());
  }

  @Test
  void aSavedPromptIsGoneOnWithInTwoWays() throws Exception {
    List<String> lines = run("SavedPrompt", "").out().lines().toList();
    assertEquals(2, lines.size());
    assertTrue(lines.getFirst().matches("\\.\\.\\. One day, Milo .{20,}"), lines.getFirst());
    assertTrue(lines.getLast().matches("\\.\\.\\. Every night, Milo .{20,}"), lines.getLast());
  }

  @Test
  void everyProgramIsRunHere() throws IOException {
    try (Stream<Path> programs = Files.list(PROGRAMS)) {
      assertEquals(List.of("FirstTokens.java", "SavedPrompt.java", "SeededSampling.java", "StopFromAnotherThread.java",
          "TwoTurns.java"),
          programs.map(file -> file.getFileName().toString()).sorted().toList());
    }
  }
}
