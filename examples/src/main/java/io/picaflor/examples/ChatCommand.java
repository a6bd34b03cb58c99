package io.picaflor.examples;

import io.picaflor.ChatSession;
import io.picaflor.Model;
import io.picaflor.UnsupportedModelException;
import io.picaflor.cli.verb.Arguments;
import io.picaflor.cli.verb.ModelArguments;
import io.picaflor.cli.verb.SamplingArguments;
import io.picaflor.cli.verb.Syntax;
import io.picaflor.cli.verb.Verb;
import java.io.IOException;
import java.util.Optional;
import org.apache.commons.cli.Option;

/** {@code picaflor chat}: a conversation with a model. */
public final class ChatCommand implements Verb {
  private static final Option SYSTEM =
      Syntax.value("system", "TEXT", "Instructions that stand before the conversation.");

  /** For the service loader. */
  public ChatCommand() {}

  @Override
  public String name() {
    return "chat";
  }

  @Override
  public Syntax syntax() {
    return Syntax.of("Talks with a model, through the chat template of its file.",
        "On a terminal: Ctrl-C stops an answer, and at the prompt it leaves, as Ctrl-D does; /help lists the commands."
            + " Piped: each line is a turn, and only the answers go to stdout.")
        .with(ModelArguments.OPTIONS).with(SamplingArguments.OPTIONS).with(SYSTEM)
        .withExamples("picaflor chat",
            "picaflor chat --model gemma3-270m.litertlm --system \"Answer in one sentence.\"",
            "printf 'Tell me a story about a fox\\nAnd then?\\n' | picaflor chat --temperature 0");
  }

  @Override
  public int run(Arguments arguments) throws IOException {
    ModelArguments model = new ModelArguments(arguments);
    SamplingArguments sampling = new SamplingArguments(arguments);
    Optional<String> system = arguments.text(SYSTEM);
    try (Model loaded = model.load()) {
      sampling.over(loaded.defaultOptions()); // refuses values out of range before the first turn
      if (loaded.chatFormat().isEmpty()) {
        throw new UnsupportedModelException(
            loaded.name(), "the file has no chat template; 'picaflor run --no-template' takes raw text");
      }
      try (ChatSession chat = loaded.newChat(model.session(loaded));
          ChatConsole console = ChatConsole.ofProcess()) {
        Conversation conversation = new Conversation(chat, () -> sampling.over(loaded.defaultOptions()), console);
        system.ifPresent(conversation::instruct);
        conversation.run();
      }
    }
    return 0;
  }
}
