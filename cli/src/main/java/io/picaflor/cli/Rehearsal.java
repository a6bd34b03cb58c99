package io.picaflor.cli;

import io.picaflor.cli.verb.ModelArguments;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Runs what most starts run, so that the JVM can keep what it learnt in an AOT cache: the launcher starts it after a build. Of
 * no use to users.
 */
final class Rehearsal {
  private Rehearsal() {}

  /**
   * Runs the demo model, as a file, with a weight cache that is built, then hit.
   *
   * @param arguments an empty folder for both
   */
  public static void main(String[] arguments) throws IOException {
    Path file = Path.of(arguments[0], "demo.litertlm");
    Files.write(file, ModelArguments.demo().toArray(ValueLayout.JAVA_BYTE));
    String[] model = {"--model", file.toString(), "--kernels", "jit", "--weight-cache", arguments[0]};
    int failures = Picaflor.run(with(model, "run", "-n", "8", "--timings", "Hello"))
        + Picaflor.run(with(model, "run", "-n", "8", "--temperature", "0", "--json", "Hello"))
        + Picaflor.run(with(model, "run", "-n", "8", "--no-template", "Hello"))
        + Picaflor.run("tokenize", "Hello");
    System.exit(failures);
  }

  private static String[] with(String[] model, String... arguments) {
    String[] all = new String[arguments.length + model.length];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    System.arraycopy(model, 0, all, arguments.length, model.length);
    return all;
  }
}
