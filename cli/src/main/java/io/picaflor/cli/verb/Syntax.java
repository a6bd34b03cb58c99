package io.picaflor.cli.verb;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.Option;

/**
 * What may be said to a verb, and what its help says. Options may stand in any order, before operands and behind them.
 *
 * @param description what the verb does: paragraphs, of which the first stands in the list of verbs
 * @param options all but those that every verb has
 * @param operand what is no option, if there may be any
 * @param examples lines to be typed
 */
public record Syntax(List<String> description, List<Option> options, Optional<Operand> operand, List<String> examples) {

  /**
   * What an argument is that is no option.
   *
   * @param repeated whether there may be more than one
   */
  public record Operand(String label, String description, boolean repeated) {}

  /** A verb without arguments. */
  public static Syntax of(String... description) {
    return new Syntax(List.of(description), List.of(), Optional.empty(), List.of());
  }

  /** The same with more options. */
  public Syntax with(List<Option> more) {
    List<Option> all = new ArrayList<>(options);
    all.addAll(more);
    return new Syntax(description, List.copyOf(all), operand, examples);
  }

  /** The same with more options. */
  public Syntax with(Option... more) {
    return with(List.of(more));
  }

  /** The same with an operand. */
  public Syntax with(Operand taken) {
    return new Syntax(description, options, Optional.of(taken), examples);
  }

  /** The same with examples. */
  public Syntax withExamples(String... lines) {
    return new Syntax(description, options, operand, List.of(lines));
  }

  /** An option {@code --name} that is there or not. */
  public static Option flag(String name, String description) {
    return Option.builder().longOpt(name).desc(description).get();
  }

  /** An option {@code --name VALUE}. */
  public static Option value(String name, String label, String description) {
    return value(null, name, label, description);
  }

  /** An option {@code --name VALUE} that may be written {@code -letter VALUE} too. */
  public static Option value(String letter, String name, String label, String description) {
    return Option.builder(letter).longOpt(name).hasArg().argName(label).desc(description).get();
  }
}
