package io.picaflor.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.picaflor.ChatMessage;
import io.picaflor.ChatSession;
import io.picaflor.FinishReason;
import io.picaflor.GenerationOptions;
import io.picaflor.Model;
import io.picaflor.Session;
import io.picaflor.Timings;
import io.picaflor.Token;
import io.picaflor.TokenStream;
import io.picaflor.cli.verb.Interruption;
import io.picaflor.cli.verb.Json;
import io.picaflor.cli.verb.ModelArguments;
import io.picaflor.cli.verb.Output;
import io.picaflor.cli.verb.ProcessStart;
import io.picaflor.cli.verb.SamplingArguments;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code picaflor run}: answers one prompt and streams the answer. */
@Command(
    name = "run",
    description = "Answers one prompt and streams the answer.",
    footer = {
      "",
      "Examples:",
      "  picaflor run \"Tell me a story about a fox\"",
      "  picaflor run --model gemma3-270m.litertlm --temperature 0 \"Why is the sky blue?\"",
      "  picaflor run --model F --prompt-tokens 2,818 --max-new-tokens 32 --json"
    },
    mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
  @Spec
  private CommandSpec spec;
  @Mixin
  private ModelArguments model;
  @Mixin
  private SamplingArguments sampling;

  @Parameters(arity = "0..1", paramLabel = "PROMPT", description = "The prompt; without it, stdin is read.")
  private String positional;

  @Option(
      names = {"-p", "--prompt"},
      paramLabel = "TEXT",
      description = "The prompt, as an option.")
  private String prompt;

  @Option(names = "--prompt-tokens", paramLabel = "IDS", split = ",", description = "Token ids, taken as they are.")
  private int[] promptTokens;

  @Option(names = "--system", paramLabel = "TEXT", description = "Instructions that stand before the prompt.")
  private String system;

  @Option(names = "--no-template", description = "Take the prompt as raw text, without the model's chat template.")
  private boolean noTemplate;

  @Option(names = "--json", description = "Print one JSON object: tokens, text, finish_reason, timings.")
  private boolean json;

  @Option(names = "--timings", description = "Print what it took, on stderr.")
  private boolean timings;

  private final long begun;
  private long loading;
  private long firstToken;

  /**
   * The verb.
   *
   * @param begun when the program began, by {@link System#nanoTime}
   */
  RunCommand(long begun) {
    this.begun = begun;
  }

  @Override
  public Integer call() throws IOException {
    String text = promptTokens == null ? text() : null;
    loading = System.nanoTime();
    try (Model loaded = model.load()) {
      GenerationOptions options = sampling.over(loaded.defaultOptions());
      if (promptTokens != null) {
        try (Session session = model.session(loaded)) {
          answer(session.generate(promptTokens, options));
        }
      } else if (noTemplate || loaded.chatFormat().isEmpty()) {
        sayWhyRaw();
        try (Session session = model.session(loaded)) {
          answer(session.generate(text, options));
        }
      } else {
        try (ChatSession chat = loaded.newChat(model.session(loaded))) {
          if (system != null) {
            chat.add(ChatMessage.system(system));
          }
          answer(chat.send(text, options));
        }
      }
    }
    return 0;
  }

  private String text() throws IOException {
    if (positional != null && prompt != null) {
      throw wrongUsage("the prompt is given twice, as an argument and as --prompt");
    }
    String text = positional != null ? positional : prompt;
    if (text == null) {
      if (System.console() != null && System.console().isTerminal()) {
        throw wrongUsage("no prompt: give it as an argument, or pipe it in");
      }
      text = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    }
    if (text.isEmpty()) {
      throw wrongUsage("the prompt is empty");
    }
    return text;
  }

  private ParameterException wrongUsage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private void sayWhyRaw() {
    if (system != null) {
      throw wrongUsage("--system needs a chat template, which is not used here");
    }
    if (!noTemplate) {
      System.err.println("picaflor: the file has no chat template: the prompt is taken as raw text");
    }
  }

  private void answer(TokenStream stream) throws IOException {
    Interruption.watch(stream);
    Output output = Output.standard();
    try (stream) {
      List<Token> tokens = new ArrayList<>();
      while (stream.hasNext()) {
        Token token = stream.next();
        firstToken = firstToken == 0 ? System.nanoTime() : firstToken;
        tokens.add(token);
        if (!json) {
          output.print(token.text());
        }
      }
      if (json) {
        output.println(Json.MAPPER.writeValueAsString(answer(stream, tokens)));
      } else {
        output.println("");
      }
      if (timings) {
        System.err.println(stream.timings());
        if (firstToken != 0) {
          System.err.println(startReport(stream.timings()));
        }
      }
      if (stream.finishReason().orElseThrow() == FinishReason.CONTEXT_FULL && !json) {
        System.err.println("picaflor: the context is full");
      }
    } finally {
      Interruption.watchNone();
    }
  }

  private StartReport startReport(Timings timings) {
    return new StartReport(ProcessStart.nanos(null), begun, loading, firstToken, timings);
  }

  private ObjectNode answer(TokenStream stream, List<Token> tokens) {
    ObjectNode node = Json.MAPPER.createObjectNode();
    ArrayNode ids = node.putArray("tokens");
    tokens.forEach(token -> ids.add(token.id()));
    node.put("text", stream.text());
    node.put("finish_reason", stream.finishReason().orElseThrow().name().toLowerCase(Locale.ROOT));
    ObjectNode times = Json.timings(stream.timings());
    if (firstToken != 0) {
      startReport(stream.timings()).addTo(times);
    }
    node.set("timings", times);
    return node;
  }
}
