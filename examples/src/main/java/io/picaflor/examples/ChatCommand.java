package io.picaflor.examples;

import io.picaflor.ChatSession;
import io.picaflor.Model;
import io.picaflor.UnsupportedModelException;
import io.picaflor.cli.verb.ModelArguments;
import io.picaflor.cli.verb.SamplingArguments;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code picaflor chat}: a conversation with a model. */
@Command(
    name = "chat",
    description = {
      "Talks with a model, through the chat template of its file.",
      "On a terminal: Ctrl-C stops an answer, and at the prompt it leaves, as Ctrl-D does; /help lists the commands."
          + " Piped: each line is a turn, and only the answers go to stdout."
    },
    footer = {
      "",
      "Examples:",
      "  picaflor chat",
      "  picaflor chat --model gemma3-270m.litertlm --system \"Answer in one sentence.\"",
      "  printf 'Tell me a story about a fox\\nAnd then?\\n' | picaflor chat --temperature 0"
    },
    mixinStandardHelpOptions = true)
final class ChatCommand implements Callable<Integer> {
  @Mixin
  private ModelArguments model;
  @Mixin
  private SamplingArguments sampling;

  @Option(names = "--system", paramLabel = "TEXT", description = "Instructions that stand before the conversation.")
  private String system;

  @Override
  public Integer call() throws IOException {
    try (Model loaded = model.load()) {
      sampling.over(loaded.defaultOptions()); // refuses values out of range before the first turn
      if (loaded.chatFormat().isEmpty()) {
        throw new UnsupportedModelException(
            loaded.name(), "the file has no chat template; 'picaflor run --no-template' takes raw text");
      }
      try (ChatSession chat = loaded.newChat(model.session(loaded));
          ChatConsole console = ChatConsole.ofProcess()) {
        Conversation conversation = new Conversation(chat, () -> sampling.over(loaded.defaultOptions()), console);
        if (system != null) {
          conversation.instruct(system);
        }
        conversation.run();
      }
    }
    return 0;
  }
}
