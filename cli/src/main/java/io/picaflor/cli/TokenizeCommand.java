package io.picaflor.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.picaflor.Model;
import io.picaflor.cli.verb.Json;
import io.picaflor.cli.verb.ModelArguments;
import io.picaflor.cli.verb.Output;
import io.picaflor.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code picaflor tokenize}: text to token ids and back. */
@Command(
    name = "tokenize",
    description = "Turns text into token ids, or back. No start token is added and no template applied.",
    footer = {
      "",
      "Examples:",
      "  picaflor tokenize --model F \"Once upon a time\"",
      "  picaflor tokenize --model tokenizer.json --decode 1,2,3",
      "  echo '{\"text\":\"Hi\"}' | picaflor tokenize --model F --jsonl"
    },
    mixinStandardHelpOptions = true)
final class TokenizeCommand implements Callable<Integer> {
  @Spec
  private CommandSpec spec;

  @Option(
      names = {"-m", "--model"},
      paramLabel = "FILE",
      description = "A model, a tokenizer.json or a SentencePiece model. Without it the embedded demo model serves.")
  private Path file;

  @Parameters(arity = "0..1", paramLabel = "TEXT", description = "The text to tokenize.")
  private String text;

  @Option(names = "--decode", paramLabel = "IDS", split = ",", description = "Token ids to turn into text.")
  private int[] ids;

  @Option(names = "--jsonl", description = "Read {\"text\":..} or {\"ids\":[..]} from stdin, one a line.")
  private boolean jsonl;

  @Option(names = "--debug", description = "Print a stack trace when something fails.")
  private boolean debug;

  @Override
  public Integer call() throws IOException {
    if ((text != null ? 1 : 0) + (ids != null ? 1 : 0) + (jsonl ? 1 : 0) != 1) {
      throw new ParameterException(spec.commandLine(), "give one of TEXT, --decode or --jsonl");
    }
    Tokenizer tokenizer =
        file == null ? Model.loadTokenizer("demo model", ModelArguments.demo()) : Model.loadTokenizer(file);
    Output output = Output.standard();
    if (jsonl) {
      Json.serve(output, request -> answer(tokenizer, request));
    } else if (text != null) {
      output
          .println(Arrays.stream(tokenizer.encode(text)).mapToObj(Integer::toString).collect(Collectors.joining(",")));
    } else {
      output.println(tokenizer.decode(ids));
    }
    return 0;
  }

  private static ObjectNode answer(Tokenizer tokenizer, JsonNode request) {
    ObjectNode answer = Json.MAPPER.createObjectNode();
    if (request.path("text").isTextual()) {
      ArrayNode list = answer.putArray("ids");
      for (int id : tokenizer.encode(request.get("text").textValue())) {
        list.add(id);
      }
    } else {
      answer.put("text", tokenizer.decode(Json.ints(request, "ids")));
    }
    return answer;
  }
}
