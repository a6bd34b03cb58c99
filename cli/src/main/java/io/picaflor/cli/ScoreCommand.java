package io.picaflor.cli;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.picaflor.Model;
import io.picaflor.Session;
import io.picaflor.cli.verb.Arguments;
import io.picaflor.cli.verb.Json;
import io.picaflor.cli.verb.ModelArguments;
import io.picaflor.cli.verb.Output;
import io.picaflor.cli.verb.Syntax;
import io.picaflor.cli.verb.Verb;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.apache.commons.cli.Option;

/** {@code picaflor score}: the logits that the model gives after each token of a sequence. */
final class ScoreCommand implements Verb {
  private static final Option JSONL = Option.builder().longOpt("jsonl").required()
      .desc("Requests and answers are JSON, one object a line.").get();

  @Override
  public String name() {
    return "score";
  }

  @Override
  public Syntax syntax() {
    return Syntax
        .of("Reads token sequences from stdin, one JSON object a line, and prints the logits after each token.")
        .with(ModelArguments.OPTIONS).with(JSONL)
        .withExamples("echo '{\"tokens\":[2,818],\"top\":8,\"ids\":[5]}' | picaflor score --model F --jsonl");
  }

  @Override
  public int run(Arguments arguments) throws IOException {
    ModelArguments model = new ModelArguments(arguments);
    try (Model loaded = model.load()) {
      Json.serve(Output.standard(), request -> score(loaded, model, request));
    }
    return 0;
  }

  /** Answers {@code {"tokens":[..],"top":8,"ids":[..]}}; each request has a session of its own. */
  private static ObjectNode score(Model loaded, ModelArguments model, JsonNode request) {
    int[] tokens = Json.ints(request, "tokens");
    int top = request.path("top").asInt(0);
    int[] ids = request.has("ids") ? Json.ints(request, "ids") : new int[0];
    int vocabulary = loaded.vocabularySize();
    if (tokens.length == 0) {
      throw new IllegalArgumentException("'tokens' is empty");
    }
    if (top < 0 || top > vocabulary) {
      throw new IllegalArgumentException("'top': expected 0 to " + vocabulary + ", found " + top);
    }
    for (int id : ids) {
      if (id < 0 || id >= vocabulary) {
        throw new IllegalArgumentException(
            "'ids': token id " + id + " is outside the vocabulary of 0 to " + (vocabulary - 1));
      }
    }
    ObjectNode answer = Json.MAPPER.createObjectNode();
    ArrayNode positions = answer.putArray("positions");
    try (Session session = model.session(loaded)) {
      session.score(tokens, (index, logits) -> describe(positions.addObject(), logits, vocabulary, top, ids));
    }
    return answer;
  }

  private static void describe(ObjectNode position, MemorySegment logits, int vocabulary, int top, int[] ids) {
    ArrayNode best = position.putArray("top");
    for (int id : best(logits, vocabulary, top)) {
      pair(best, id, logits);
    }
    ArrayNode asked = position.putArray("ids");
    for (int id : ids) {
      pair(asked, id, logits);
    }
    position.put("logsumexp", logSumExp(logits, vocabulary));
  }

  private static void pair(ArrayNode list, int id, MemorySegment logits) {
    list.addArray().add(id).add(logits.getAtIndex(JAVA_FLOAT, id));
  }

  /** The ids with the largest logits, largest first; of equal ones the lower id first. */
  private static int[] best(MemorySegment logits, int vocabulary, int count) {
    int[] best = new int[count];
    int found = 0;
    for (int id = 0; id < vocabulary; id++) {
      float logit = logits.getAtIndex(JAVA_FLOAT, id);
      if (found == count && (count == 0 || logit <= logits.getAtIndex(JAVA_FLOAT, best[count - 1]))) {
        continue;
      }
      int at = found < count ? found++ : count - 1;
      while (at > 0 && logits.getAtIndex(JAVA_FLOAT, best[at - 1]) < logit) {
        best[at] = best[at - 1];
        at--;
      }
      best[at] = id;
    }
    return best;
  }

  private static double logSumExp(MemorySegment logits, int vocabulary) {
    double max = Double.NEGATIVE_INFINITY;
    for (int id = 0; id < vocabulary; id++) {
      max = Math.max(max, logits.getAtIndex(JAVA_FLOAT, id));
    }
    double sum = 0;
    for (int id = 0; id < vocabulary; id++) {
      sum += Math.exp(logits.getAtIndex(JAVA_FLOAT, id) - max);
    }
    return max + Math.log(sum);
  }
}
