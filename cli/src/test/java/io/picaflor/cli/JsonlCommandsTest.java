package io.picaflor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.picaflor.cli.verb.Json;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** {@code score} and {@code tokenize}: many requests in one process. */
class JsonlCommandsTest {
  @Test
  void scoreGivesLogitsOfTheBestAndOfTheIdsAskedFor() throws IOException {
    Program run = Program.runWithInput(
        "{\"tokens\":[2,4,358],\"top\":3,\"ids\":[7,0]}\n\n{\"tokens\":[2],\"top\":0}\n", "score", "--jsonl");
    assertEquals("", run.err());
    String[] lines = run.out().split("\n");
    assertEquals(2, lines.length);
    JsonNode positions = Json.MAPPER.readTree(lines[0]).get("positions");
    assertEquals(3, positions.size());
    JsonNode last = positions.get(2);
    assertEquals(3, last.get("top").size());
    double first = last.get("top").get(0).get(1).doubleValue();
    assertTrue(first >= last.get("top").get(1).get(1).doubleValue());
    assertEquals(7, last.get("ids").get(0).get(0).intValue());
    assertTrue(last.get("logsumexp").doubleValue() >= first);
    assertEquals(0, Json.MAPPER.readTree(lines[1]).get("positions").get(0).get("top").size());
  }

  @Test
  void eachScoreHasASessionOfItsOwn() {
    String request = "{\"tokens\":[2,4,358,277],\"top\":2}\n";
    String[] answers = Program.runWithInput(request + request, "score", "--jsonl").out().split("\n");
    assertEquals(answers[0], answers[1]);
  }

  @Test
  void tokenizeGoesBothWays() {
    Program ids = Program.run("tokenize", "Once upon a time");
    assertEquals("Once upon a time\n", Program.run("tokenize", "--decode", ids.out().strip()).out());
    Program lines = Program.runWithInput("{\"text\":\"a fox\"}\n{\"ids\":[265]}\n", "tokenize", "--jsonl");
    assertTrue(lines.out().matches("\\{\"ids\":\\[[\\d,]+]}\n\\{\"text\":\".+\"}\n"), lines.out());
  }

  @Test
  void badRequestsNameTheLine() {
    Program nonsense = Program.runWithInput("{\"tokens\":[2]}\n{oops\n", "score", "--jsonl");
    assertEquals(1, nonsense.status());
    assertTrue(nonsense.err().startsWith("picaflor: line 2 of stdin: no JSON"), nonsense.err());
    Program outside = Program.runWithInput("{\"tokens\":[2,5000]}\n", "score", "--jsonl");
    assertEquals("picaflor: line 1 of stdin: token id 5000 is outside the vocabulary of 0 to 2047\n", outside.err());
    assertEquals(2, Program.run("score").status(), "--jsonl is the only form");
    assertEquals(2, Program.run("tokenize").status());
    Program decode = Program.run("tokenize", "--decode", "-5");
    assertEquals(1, decode.status());
  }
}
