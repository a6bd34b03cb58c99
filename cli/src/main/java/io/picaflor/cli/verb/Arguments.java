package io.picaflor.cli.verb;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.MissingArgumentException;
import org.apache.commons.cli.MissingOptionException;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.apache.commons.cli.UnrecognizedOptionException;

/** What was said to a verb. All that reads a value throws {@link WrongUsageException} if it is none of its kind. */
public final class Arguments {
  private final CommandLine line;

  private Arguments(CommandLine line) {
    this.line = line;
  }

  /**
   * Takes words apart.
   *
   * @throws WrongUsageException if they do not fit the syntax
   */
  public static Arguments parse(Syntax syntax, List<String> words) {
    Options options = new Options();
    syntax.options().forEach(options::addOption);
    // An abbreviation that means something today could mean something else in the next version.
    DefaultParser parser =
        DefaultParser.builder().setAllowPartialMatching(false).setStripLeadingAndTrailingQuotes(false).get();
    try {
      Arguments arguments = new Arguments(parser.parse(options, words.toArray(String[]::new)));
      arguments.checkOperands(syntax.operand());
      return arguments;
    } catch (ParseException e) {
      throw new WrongUsageException(message(e, options));
    }
  }

  private static String message(ParseException e, Options options) {
    return switch (e) {
      case UnrecognizedOptionException unknown -> "unknown option '" + unknown.getOption() + "'";
      case MissingArgumentException missing ->
          name(missing.getOption()) + ": expected " + missing.getOption().getArgName() + " behind it, found nothing";
      case MissingOptionException missing -> "missing: " + missing(missing.getMissingOptions(), options);
      default -> e.getMessage();
    };
  }

  /** The parser gives names of single options, in a raw list. */
  private static String missing(List<?> names, Options options) {
    return names.stream().map(name -> usage(options.getOption(name.toString()))).collect(Collectors.joining(", "));
  }

  private void checkOperands(Optional<Syntax.Operand> operand) {
    int most = operand.isEmpty() ? 0 : operand.get().repeated() ? Integer.MAX_VALUE : 1;
    if (operands().size() > most) {
      throw new WrongUsageException("one argument too many: '" + operands().get(most) + "'");
    }
  }

  /** An option's name as it is typed. */
  public static String name(Option option) {
    return "--" + option.getLongOpt();
  }

  /** An option with its value as the help shows it. */
  public static String usage(Option option) {
    return option.hasArg() ? name(option) + "=" + option.getArgName() : name(option);
  }

  /** Whether the option was given. */
  public boolean has(Option option) {
    return line.hasOption(option);
  }

  /** The values of an option that may be given again. */
  public List<String> texts(Option option) {
    String[] values = line.getOptionValues(option);
    return values == null ? List.of() : List.of(values);
  }

  /** The value of an option. */
  public Optional<String> text(Option option) {
    List<String> values = texts(option);
    if (values.size() > 1) {
      throw new WrongUsageException(name(option) + ": expected it once, found it " + values.size() + " times");
    }
    return values.stream().findFirst();
  }

  /** A file's or a folder's name. */
  public Optional<Path> path(Option option) {
    return text(option).map(value -> path(name(option), value));
  }

  /** A file's or a folder's name that is no option. */
  public Optional<Path> operandPath() {
    return operand().map(value -> path("the file's name", value));
  }

  private static Path path(String where, String value) {
    try {
      return Path.of(value);
    } catch (InvalidPathException e) {
      throw new WrongUsageException(where + ": '" + e.getInput() + "' is no path: " + e.getReason());
    }
  }

  /** A whole number. */
  public OptionalInt integer(Option option) {
    Optional<String> value = text(option);
    return value.isPresent() ? OptionalInt.of(integer(option, value.get())) : OptionalInt.empty();
  }

  /** A large whole number. */
  public OptionalLong longInteger(Option option) {
    Optional<String> value = text(option);
    return value.isPresent()
        ? OptionalLong.of(number(option, value.get(), "a whole number", Long::valueOf))
        : OptionalLong.empty();
  }

  /** A number. */
  public OptionalDouble number(Option option) {
    Optional<String> value = text(option);
    return value.isPresent()
        ? OptionalDouble.of(number(option, value.get(), "a number", Double::valueOf))
        : OptionalDouble.empty();
  }

  /** Whole numbers, with commas between them or each with the option's name; none if it was not given. */
  public List<Integer> integers(Option option) {
    List<Integer> numbers = new ArrayList<>();
    for (String list : texts(option)) {
      for (String value : list.split(",", -1)) {
        numbers.add(integer(option, value));
      }
    }
    return numbers;
  }

  private static int integer(Option option, String value) {
    return number(option, value, "a whole number", Integer::valueOf);
  }

  private static <N> N number(Option option, String value, String kind, Function<String, N> read) {
    try {
      return read.apply(value);
    } catch (NumberFormatException e) {
      throw new WrongUsageException(name(option) + ": expected " + kind + ", found '" + value + "'");
    }
  }

  /** The arguments that are no options. */
  public List<String> operands() {
    return line.getArgList();
  }

  /** The first of them. */
  public Optional<String> operand() {
    return operands().stream().findFirst();
  }
}
