package io.picaflor.cli;

import picocli.CommandLine.Command;
import io.picaflor.cli.verb.Interruption;
import io.picaflor.cli.verb.Verb;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import picocli.CommandLine;

/**
 * The program: hands the arguments to a verb and turns what goes wrong into one line and an exit status.
 *
 * <p>Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted. Answers go to stdout, everything else to stderr.
 */
@Command(
    name = "picaflor",
    description = "Runs LiteRT language models on the CPU.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
public final class Picaflor {
  private Picaflor() {}

  /** Runs a verb and ends the JVM with its exit status. */
  public static void main(String[] arguments) {
    int status = run(arguments);
    Interruption.finished();
    System.exit(status);
  }

  /** Runs a verb and returns its exit status. */
  static int run(String... arguments) {
    CommandLine line = withVerbs(arguments.length == 0 ? "" : arguments[0], System.nanoTime());
    line.setExecutionExceptionHandler(new Failure());
    line.setParameterExceptionHandler(new WrongUsage());
    line.setUsageHelpAutoWidth(true);
    if (arguments.length == 0) {
      line.usage(System.err);
      return CommandLine.ExitCode.USAGE;
    }
    return line.execute(arguments);
  }

  /**
   * The command line with one verb, since reading the annotations of all of them takes longer than all else of a start; with all,
   * where it is none of those that the program always has.
   */
  private static CommandLine withVerbs(String asked, long begun) {
    Map<String, Supplier<Object>> verbs = new LinkedHashMap<>();
    verbs.put("run", () -> new RunCommand(begun));
    verbs.put("score", ScoreCommand::new);
    verbs.put("tokenize", TokenizeCommand::new);
    verbs.put("render", RenderCommand::new);
    verbs.put("inspect", InspectCommand::new);
    verbs.put("cache", CacheCommand::new);
    CommandLine line = new CommandLine(new Picaflor());
    if (verbs.containsKey(asked)) {
      return line.addSubcommand(verbs.get(asked).get());
    }
    verbs.values().forEach(verb -> line.addSubcommand(verb.get()));
    line.addSubcommand(new CommandLine.HelpCommand());
    ServiceLoader.load(Verb.class).forEach(verb -> line.addSubcommand(verb.command()));
    return line;
  }
}
