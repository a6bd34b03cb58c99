package io.picaflor.cli;

import io.picaflor.cli.verb.Arguments;
import io.picaflor.cli.verb.Syntax;
import io.picaflor.cli.verb.Verb;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.Option;

/**
 * What {@code --help} prints: usage, what the verb does, its arguments by name, its verbs, examples. The parser's own formatter
 * writes tables that are harder to read.
 */
final class HelpText {
  private static final int WIDTH = 80;

  /** Where what is said of an argument begins; a longer name has a line of its own. */
  private static final int COLUMN = 28;

  private static final int MARGIN = 2;

  private final StringBuilder text = new StringBuilder();

  private HelpText() {}

  /**
   * The help of a verb.
   *
   * @param path the words that ask for it
   * @param verbs those that may stand behind it
   */
  static String of(String path, Syntax syntax, List<Verb> verbs) {
    HelpText help = new HelpText();
    help.text.append("Usage: ").append(usage(path, syntax, verbs)).append('\n');
    for (String paragraph : syntax.description()) {
      help.wrap(paragraph, 0, 0);
    }
    help.text.append('\n');
    syntax.operand().ifPresent(operand -> help.entry(label(operand), operand.description()));
    syntax.options().stream().sorted(Comparator.comparing(Option::getLongOpt))
        .forEach(option -> help.entry(label(option), option.getDescription()));
    Map<String, String> named = new LinkedHashMap<>();
    verbs.forEach(verb -> named.put(verb.name(), verb.syntax().description().getFirst()));
    help.section("Verbs:", named);
    if (!syntax.examples().isEmpty()) {
      help.text.append("\nExamples:\n");
      // To be copied: no line is broken.
      syntax.examples().forEach(example -> help.text.append(" ".repeat(MARGIN)).append(example).append('\n'));
    }
    return help.text.toString();
  }

  private static String usage(String path, Syntax syntax, List<Verb> verbs) {
    StringBuilder usage = new StringBuilder(path);
    syntax.options().stream().filter(Option::isRequired)
        .forEach(option -> usage.append(' ').append(Arguments.usage(option)));
    usage.append(" [OPTION]...");
    syntax.operand().ifPresent(operand -> usage.append(' ').append(label(operand)));
    return usage.append(verbs.isEmpty() ? "" : " [VERB]").toString();
  }

  private static String label(Syntax.Operand operand) {
    return "[" + operand.label() + "]" + (operand.repeated() ? "..." : "");
  }

  private static String label(Option option) {
    String letter = option.getOpt() == null ? "    " : "-" + option.getOpt() + ", ";
    return letter + Arguments.usage(option);
  }

  private void section(String title, Map<String, String> entries) {
    if (!entries.isEmpty()) {
      text.append('\n').append(title).append('\n');
      entries.forEach(this::entry);
    }
  }

  private void entry(String label, String description) {
    text.append(" ".repeat(MARGIN)).append(label);
    int end = MARGIN + label.length();
    if (end + MARGIN > COLUMN) {
      text.append('\n');
      end = 0;
    }
    text.append(" ".repeat(COLUMN - end));
    wrap(description, COLUMN, COLUMN);
  }

  /** Writes a paragraph whose first line has begun already, up to a column. */
  private void wrap(String paragraph, int begun, int indent) {
    int column = begun;
    for (String word : paragraph.split(" ")) {
      if (column > indent && column + 1 + word.length() > WIDTH) {
        text.append('\n').append(" ".repeat(indent));
        column = indent;
      }
      if (column > indent) {
        text.append(' ');
        column++;
      }
      text.append(word);
      column += word.length();
    }
    text.append('\n');
  }
}
