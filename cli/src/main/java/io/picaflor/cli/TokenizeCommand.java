package io.picaflor.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.picaflor.Model;
import io.picaflor.cli.verb.Arguments;
import io.picaflor.cli.verb.Json;
import io.picaflor.cli.verb.ModelArguments;
import io.picaflor.cli.verb.Output;
import io.picaflor.cli.verb.Syntax;
import io.picaflor.cli.verb.Verb;
import io.picaflor.cli.verb.WrongUsageException;
import io.picaflor.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.commons.cli.Option;

/** {@code picaflor tokenize}: text to token ids and back. */
final class TokenizeCommand implements Verb {
  private static final Option MODEL = Syntax.value("m", "model", "FILE",
      "A model, a tokenizer.json or a SentencePiece model. Without it the embedded demo model serves.");
  private static final Option DECODE =
      Syntax.value("decode", "IDS", "Token ids to turn into text, with commas between them.");
  private static final Option JSONL =
      Syntax.flag("jsonl", "Read {\"text\":..} or {\"ids\":[..]} from stdin, one a line.");

  @Override
  public String name() {
    return "tokenize";
  }

  @Override
  public Syntax syntax() {
    return Syntax.of("Turns text into token ids, or back. No start token is added and no template applied.")
        .with(MODEL, DECODE, JSONL).with(new Syntax.Operand("TEXT", "The text to tokenize.", false))
        .withExamples("picaflor tokenize --model F \"Once upon a time\"",
            "picaflor tokenize --model tokenizer.json --decode 1,2,3",
            "echo '{\"text\":\"Hi\"}' | picaflor tokenize --model F --jsonl");
  }

  @Override
  public int run(Arguments arguments) throws IOException {
    Optional<String> text = arguments.operand();
    boolean decode = arguments.has(DECODE);
    boolean jsonl = arguments.has(JSONL);
    if ((text.isPresent() ? 1 : 0) + (decode ? 1 : 0) + (jsonl ? 1 : 0) != 1) {
      throw new WrongUsageException("give one of TEXT, --decode or --jsonl");
    }
    int[] ids = arguments.integers(DECODE).stream().mapToInt(Integer::intValue).toArray();
    Optional<Path> file = arguments.path(MODEL);
    Tokenizer tokenizer = file.isEmpty()
        ? Model.loadTokenizer("demo model", ModelArguments.demo())
        : Model.loadTokenizer(file.get());
    Output output = Output.standard();
    if (jsonl) {
      Json.serve(output, request -> answer(tokenizer, request));
    } else if (decode) {
      output.println(tokenizer.decode(ids));
    } else {
      output.println(Arrays.stream(tokenizer.encode(text.orElseThrow())).mapToObj(Integer::toString)
          .collect(Collectors.joining(",")));
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
