package io.picaflor.examples;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A line that is meant for the application and not for the model: it begins with a slash.
 *
 * @param command what to do; empty if there is no such command
 * @param name its name as it was typed
 * @param rest what stands behind it, without the spaces around
 */
record ChatCommandLine(Optional<Command> command, String name, String rest) {

  /** The commands, by their names. */
  enum Command {
    HELP("/help, /?", "lists the commands"),
    CLEAR("/clear", "forgets the conversation; system instructions stay"),
    SYSTEM("/system TEXT", "begins anew with these instructions; without TEXT, with none"),
    STATS("/stats", "tells what the last answer took, and how full the context is"),
    BYE("/bye, /exit, /quit", "leaves");

    private final String usage;
    private final String purpose;

    Command(String usage, String purpose) {
      this.usage = usage;
      this.purpose = purpose;
    }

    private List<String> names() {
      return Arrays.stream(usage.split(", ")).map(name -> name.split(" ")[0]).toList();
    }
  }

  /** The command in a line; empty if the line is for the model. */
  static Optional<ChatCommandLine> of(String line) {
    String text = line.strip();
    if (!text.startsWith("/")) {
      return Optional.empty();
    }
    String[] words = text.split("\\s+", 2);
    Optional<Command> command = Arrays.stream(Command.values()).filter(c -> c.names().contains(words[0])).findFirst();
    return Optional.of(new ChatCommandLine(command, words[0], words.length == 1 ? "" : words[1]));
  }

  /** All names of all commands. */
  static List<String> names() {
    return Arrays.stream(Command.values()).flatMap(command -> command.names().stream()).toList();
  }

  /** What {@code /help} says, a line each. */
  static List<String> help() {
    return Arrays.stream(Command.values()).map(c -> String.format("%-20s %s", c.usage, c.purpose)).toList();
  }
}
