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
import io.picaflor.cli.verb.Arguments;
import io.picaflor.cli.verb.Interruption;
import io.picaflor.cli.verb.Json;
import io.picaflor.cli.verb.ModelArguments;
import io.picaflor.cli.verb.Output;
import io.picaflor.cli.verb.ProcessStart;
import io.picaflor.cli.verb.SamplingArguments;
import io.picaflor.cli.verb.Syntax;
import io.picaflor.cli.verb.Verb;
import io.picaflor.cli.verb.WrongUsageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.cli.Option;

/** {@code picaflor run}: answers one prompt and streams the answer. */
final class RunCommand implements Verb {
  private static final Option PROMPT = Syntax.value("p", "prompt", "TEXT", "The prompt, as an option.");
  private static final Option PROMPT_TOKENS =
      Syntax.value("prompt-tokens", "IDS", "Token ids with commas between them, taken as they are.");
  private static final Option SYSTEM = Syntax.value("system", "TEXT", "Instructions that stand before the prompt.");
  private static final Option NO_TEMPLATE =
      Syntax.flag("no-template", "Take the prompt as raw text, without the model's chat template.");
  private static final Option JSON =
      Syntax.flag("json", "Print one JSON object: tokens, text, finish_reason, timings.");
  private static final Option TIMINGS = Syntax.flag("timings", "Print what it took, on stderr.");

  private final long begun;
  private boolean json;
  private boolean timings;
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
  public String name() {
    return "run";
  }

  @Override
  public Syntax syntax() {
    return Syntax.of("Answers one prompt and streams the answer.").with(ModelArguments.OPTIONS)
        .with(SamplingArguments.OPTIONS).with(PROMPT, PROMPT_TOKENS, SYSTEM, NO_TEMPLATE, JSON, TIMINGS)
        .with(new Syntax.Operand("PROMPT", "The prompt; without it, stdin is read.", false))
        .withExamples("picaflor run \"Tell me a story about a fox\"",
            "picaflor run --model gemma3-270m.litertlm --temperature 0 \"Why is the sky blue?\"",
            "picaflor run --model F --prompt-tokens 2,818 --max-new-tokens 32 --json");
  }

  @Override
  public int run(Arguments arguments) throws IOException {
    ModelArguments model = new ModelArguments(arguments);
    SamplingArguments sampling = new SamplingArguments(arguments);
    Optional<String> system = arguments.text(SYSTEM);
    boolean byIds = arguments.has(PROMPT_TOKENS);
    int[] ids = arguments.integers(PROMPT_TOKENS).stream().mapToInt(Integer::intValue).toArray();
    String text = byIds ? null : text(arguments);
    json = arguments.has(JSON);
    timings = arguments.has(TIMINGS);
    loading = System.nanoTime();
    try (Model loaded = model.load()) {
      GenerationOptions options = sampling.over(loaded.defaultOptions());
      if (byIds) {
        try (Session session = model.session(loaded)) {
          answer(session.generate(ids, options));
        }
      } else if (arguments.has(NO_TEMPLATE) || loaded.chatFormat().isEmpty()) {
        sayWhyRaw(system, arguments.has(NO_TEMPLATE));
        try (Session session = model.session(loaded)) {
          answer(session.generate(text, options));
        }
      } else {
        try (ChatSession chat = loaded.newChat(model.session(loaded))) {
          system.ifPresent(instructions -> chat.add(ChatMessage.system(instructions)));
          answer(chat.send(text, options));
        }
      }
    }
    return 0;
  }

  private static String text(Arguments arguments) throws IOException {
    Optional<String> option = arguments.text(PROMPT);
    if (option.isPresent() && arguments.operand().isPresent()) {
      throw new WrongUsageException("the prompt is given twice, as an argument and as --prompt");
    }
    String text = arguments.operand().or(() -> option).orElse(null);
    if (text == null) {
      if (System.console() != null && System.console().isTerminal()) {
        throw new WrongUsageException("no prompt: give it as an argument, or pipe it in");
      }
      text = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    }
    if (text.isEmpty()) {
      throw new WrongUsageException("the prompt is empty");
    }
    return text;
  }

  private static void sayWhyRaw(Optional<String> system, boolean noTemplate) {
    if (system.isPresent()) {
      throw new WrongUsageException("--system needs a chat template, which is not used here");
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
