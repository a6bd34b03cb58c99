package io.picaflor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.module.ResolvedModule;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program of somebody else, compiled against the library and run in a JVM of its own: on the module path, on the class path. */
class ConsumerTest {
  private static final Path MODEL = Path.of("src/main/resources/io/picaflor/cli/verb/demo_q8.litertlm");

  /** What LiteRT answers to the prompt, the best token at each step. */
  private static final String ANSWER = "865 704 265 526 1973 406 286 265 ";

  private static final String MODULE = """
      module consumer {
        requires io.picaflor;
      }
      """;

  private static final String PROGRAM = """
      package consumer;

      import io.picaflor.GenerationOptions;
      import io.picaflor.Model;
      import io.picaflor.Session;
      import io.picaflor.Token;
      import java.nio.file.Path;

      public class Consumer {
        public static void main(String[] args) throws Exception {
          int[] prompt = {2, 4, 358, 277, 6, 648, 342, 265, 369, 377, 265, 1480, 5, 6, 4, 1969, 1299, 6};
          try (Model model = Model.load(Path.of(args[0]));
              Session session = model.newSession();
              var tokens = session.generate(prompt, GenerationOptions.GREEDY.withMaxNewTokens(8))) {
            for (Token token : tokens) {
              System.out.print(token.id() + " ");
            }
            System.out.print(model.tokenizer().orElseThrow().vocabularySize() + " "
                + (Model.class.getModule().isNamed() ? "named" : "unnamed"));
          }
        }
      }
      """;

  @Test
  void runsOnTheModulePath(@TempDir Path folder) throws Exception {
    Path classes = compile(folder, true);
    assertEquals(ANSWER + "2048 named", run(List.of(
        "--add-modules", "jdk.incubator.vector", "-p", classes + separator() + library(),
        "-m", "consumer/consumer.Consumer")));
  }

  @Test
  void runsOnTheClassPathWithAndWithoutTheVectorModule(@TempDir Path folder) throws Exception {
    Path classes = compile(folder, false);
    List<String> plain = List.of("-cp", classes + separator() + library(), "consumer.Consumer");
    assertEquals(ANSWER + "2048 unnamed", run(plain));
    List<String> vector = new ArrayList<>(List.of("--add-modules", "jdk.incubator.vector"));
    vector.addAll(plain);
    assertEquals(ANSWER + "2048 unnamed", run(vector));
  }

  /** The jars (or folders, before there are jars) of the library and of what it needs, without the program's own. */
  private static String library() {
    Set<String> needed = Set.of(
        "io.picaflor", "io.picaflor.platform", "io.picaflor.quantization", "io.picaflor.codegen", "io.picaflor.kernels",
        "io.picaflor.weightcache",
        "io.picaflor.kvcache", "io.picaflor.tokenizer", "com.fasterxml.jackson.core");
    return ModuleLayer.boot().configuration().modules().stream()
        .filter(module -> needed.contains(module.name()))
        .map(ResolvedModule::reference)
        .map(reference -> Path.of(reference.location().orElseThrow()).toString())
        .collect(Collectors.joining(separator()));
  }

  private static String separator() {
    return System.getProperty("path.separator");
  }

  private static Path compile(Path folder, boolean asModule) throws IOException {
    Path sources = Files.createDirectories(folder.resolve("src/consumer"));
    Path program = Files.writeString(sources.resolve("Consumer.java"), PROGRAM);
    Path classes = folder.resolve("classes");
    List<String> options = new ArrayList<>(List.of("-Xlint:all,-incubating", "-Werror", "-d", classes.toString()));
    options.addAll(List.of(asModule ? "-p" : "-cp", library()));
    options.add(program.toString());
    if (asModule) {
      options.add(Files.writeString(folder.resolve("src/module-info.java"), MODULE).toString());
    }
    StringWriter complaints = new StringWriter();
    PrintWriter log = new PrintWriter(complaints);
    int status = ToolProvider.findFirst("javac").orElseThrow().run(log, log, options.toArray(String[]::new));
    assertEquals(0, status, complaints::toString);
    return classes;
  }

  /** What the program printed to stdout. */
  private static String run(List<String> arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(arguments);
    command.add(MODEL.toString());
    Path log = Files.createTempFile("consumer", ".log");
    try {
      Process process = new ProcessBuilder(command).redirectError(log.toFile()).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(0, process.waitFor(), () -> read(log));
      return output;
    } finally {
      Files.delete(log);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
