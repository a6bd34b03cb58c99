package io.picaflor.cli;

import io.picaflor.cli.verb.Arguments;
import io.picaflor.cli.verb.ClosedPipeException;
import io.picaflor.cli.verb.Interruption;
import io.picaflor.cli.verb.Output;
import io.picaflor.cli.verb.Syntax;
import io.picaflor.cli.verb.Verb;
import io.picaflor.cli.verb.WrongUsageException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.Option;

/**
 * The program: hands the arguments to a verb and turns what goes wrong into one line and an exit status.
 *
 * <p>Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted. Answers go to stdout, everything else to stderr.
 */
public final class Picaflor {
  private static final int DONE = 0;
  private static final int FAILED = 1;
  static final int WRONG_USAGE = 2;

  private static final Option HELP = Option.builder("h").longOpt("help").desc("Show this help and end.").get();
  private static final Option VERSION =
      Option.builder("V").longOpt("version").desc("Print the version and end.").get();
  private static final Option DEBUG = Syntax.flag("debug", "Print a stack trace when something fails.");

  private Picaflor() {}

  /** Runs a verb and ends the JVM with its exit status. */
  public static void main(String[] arguments) {
    int status = run(arguments);
    Interruption.finished();
    System.exit(status);
  }

  /** Runs a verb and returns its exit status. */
  static int run(String... arguments) {
    Verb verb = new AllVerbs(System.nanoTime());
    List<String> words = List.of(arguments);
    if (!words.isEmpty() && words.getFirst().equals("help")) {
      words = new ArrayList<>(words.subList(1, words.size()));
      words.add(Arguments.name(HELP));
    }
    String path = verb.name();
    while (!words.isEmpty() && verb.verb(words.getFirst()).isPresent()) {
      verb = verb.verb(words.getFirst()).get();
      path += " " + verb.name();
      words = words.subList(1, words.size());
    }
    return run(verb, path, words);
  }

  private static int run(Verb verb, String path, List<String> words) {
    try {
      return call(verb, path, words);
    } catch (WrongUsageException e) {
      System.err.println("picaflor: " + Failure.message(e) + "; see " + path + " --help");
      return WRONG_USAGE;
    } catch (ClosedPipeException _) {
      return DONE;
    } catch (Exception | OutOfMemoryError e) {
      System.err.println("picaflor: " + Failure.message(e));
      if (words.contains(Arguments.name(DEBUG))) {
        e.printStackTrace();
      }
      return FAILED;
    }
  }

  private static int call(Verb verb, String path, List<String> words) throws IOException {
    Syntax syntax = syntax(verb);
    if (!words.isEmpty() && !words.getFirst().startsWith("-") && !verb.verbs().isEmpty()) {
      throw new WrongUsageException("unknown verb '" + words.getFirst() + "'");
    }
    if (asksForHelp(words)) {
      Output.standard().print(HelpText.of(path, syntax, verb.verbs()));
      return DONE;
    }
    Arguments arguments = Arguments.parse(syntax, words);
    if (arguments.has(VERSION)) {
      Output.standard().println(Version.line());
      return DONE;
    }
    return verb.run(arguments);
  }

  /** Whatever else is wrong with the words: help is what would be needed then. */
  private static boolean asksForHelp(List<String> words) {
    return words.stream().takeWhile(word -> !word.equals("--"))
        .anyMatch(word -> word.equals("-" + HELP.getOpt()) || word.equals(Arguments.name(HELP)));
  }

  /** A verb's syntax with what every verb takes. */
  static Syntax syntax(Verb verb) {
    return verb.verbs().isEmpty() ? verb.syntax().with(DEBUG, HELP, VERSION) : verb.syntax().with(HELP, VERSION);
  }
}
