package io.picaflor;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** A program that answers one prompt with the demo model by way of a weight cache, as one of several processes. */
public final class ModelProcess {
  private ModelProcess() {}

  /** What a good process says last, after the outcome. */
  static String answer() {
    return Arrays.stream(DemoModel.ANSWER).mapToObj(Integer::toString).collect(Collectors.joining(","));
  }

  /**
   * Says {@code ready}, loads the model when a line comes in, says {@code packed} for each part that is packed, then
   * where the weights came from with the tokens of the answer.
   *
   * @param arguments the model, and the place of the cache
   */
  public static void main(String[] arguments) throws IOException {
    System.out.println("ready");
    System.in.read();
    ModelOptions options = ModelOptions.DEFAULT.withThreads(2).withKernels("vector")
        .withWeightCache(WeightCachePlace.of(arguments[1])).withProgress((done, total) -> System.out.println("packed"));
    try (Model model = Model.load(Path.of(arguments[0]), options)) {
      System.out.println(model.weightCache().outcome() + " " + tokens(model));
    }
  }

  /** The answer of a model to the demo's prompt. */
  static String tokens(Model model) {
    List<String> ids = new ArrayList<>();
    GenerationOptions options = GenerationOptions.GREEDY.withMaxNewTokens(DemoModel.ANSWER.length);
    try (Session session = model.newSession(); TokenStream tokens = session.generate(DemoModel.PROMPT, options)) {
      tokens.forEachRemaining(token -> ids.add(Integer.toString(token.id())));
    }
    return String.join(",", ids);
  }

  /** Starts the program in a JVM of its own. */
  static Process start(Path model, Path place) throws IOException {
    String modules = System.getProperty("jdk.module.path", "");
    String classPath = Path.of("target/test-classes").toAbsolutePath() + File.pathSeparator + modules
        + File.pathSeparator + System.getProperty("java.class.path");
    return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--add-modules", "jdk.incubator.vector",
        "--enable-native-access=ALL-UNNAMED", "-cp", classPath, ModelProcess.class.getName(), model.toString(),
        place.toString()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }
}
