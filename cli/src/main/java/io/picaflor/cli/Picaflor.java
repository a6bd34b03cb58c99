package io.picaflor.cli;

import picocli.CommandLine.Command;
import io.picaflor.cli.verb.Interruption;
import io.picaflor.cli.verb.Verb;
import java.util.ServiceLoader;
import picocli.CommandLine;

/**
 * The program: hands the arguments to a verb and turns what goes wrong into one line and an exit status.
 *
 * <p>Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted. Answers go to stdout, everything else to stderr.
 */
@Command(
    name = "picaflor",
    description = "Runs LiteRT language models on the CPU.",
    subcommands = {
      RunCommand.class,
      ScoreCommand.class,
      TokenizeCommand.class,
      RenderCommand.class,
      InspectCommand.class,
      CacheCommand.class,
      CommandLine.HelpCommand.class
    },
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
    CommandLine line = new CommandLine(new Picaflor());
    ServiceLoader.load(Verb.class).forEach(verb -> line.addSubcommand(verb.command()));
    line.setExecutionExceptionHandler(new Failure());
    line.setParameterExceptionHandler(new WrongUsage());
    line.setUsageHelpAutoWidth(true);
    if (arguments.length == 0) {
      line.usage(System.err);
      return CommandLine.ExitCode.USAGE;
    }
    return line.execute(arguments);
  }
}
