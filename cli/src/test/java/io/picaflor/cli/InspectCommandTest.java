package io.picaflor.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import com.fasterxml.jackson.databind.JsonNode;
import io.picaflor.ModelDescription.Operand;
import io.picaflor.cli.verb.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code inspect} on the embedded model and, where they are at hand, on all kinds of model files. */
class InspectCommandTest {
  private static final Path MODELS = Path.of("../../shared/models");

  /** Sound containers whose model cannot run. */
  private static final List<String> UNSUPPORTED =
      List.of("input_name.tflite", "no_decode.tflite", "task_no_model.task", "unknown_op.tflite");

  @Test
  void saysWhatIsInTheEmbeddedModel() {
    Program run = Program.run("inspect");
    assertEquals(0, run.status(), run.err());
    assertEquals("", run.err());
    for (String expected : new String[] {
      "runs here      yes (plan network)",
      "context        512 tokens",
      "tokenizer      SentencePiece, 2048 pieces",
      "stop tokens    5 '<end_of_turn>', 1 '<eos>'",
      "sampler        temperature 0.7, top-k 40, top-p 0.95, seed 0",
      "weights        31 matrices int8 per channel, 3.7 MB",
      "TFLiteModel tf_lite_prefill_decode",
      "  decode: 330 operators",
      "    in, out kv_cache_k_0-5                     float32  [1, 1, 512, 64]",
      "    out     logits                             float32  [1, 1, 2048]",
      "37 odml.rms_norm (composite)",
    }) {
      assertTrue(run.out().contains(expected), () -> expected + " in\n" + run.out());
    }
    assertFits(run.out());
  }

  @Test
  void planPrintsALineForEachStep() throws IOException {
    Program run = Program.run("inspect", "--plan");
    assertTrue(run.out().contains("attention[4, 64]"), run.out());
    assertTrue(run.out().contains("for tokens whose logits are wanted:"), run.out());
    JsonNode plan = Json.MAPPER.readTree(Program.run("inspect", "--plan", "--json").out());
    assertTrue(plan.get("planned").booleanValue());
    assertEquals(run.out().lines().filter(line -> line.startsWith("#")).count(), plan.get("steps").size());
  }

  @Test
  void verifyComparesThePlanWithTheReferenceExecutor() throws IOException {
    JsonNode found = Json.MAPPER.readTree(Program.run("inspect", "--verify", "--json").out());
    assertTrue(found.get("planned").booleanValue());
    assertTrue(found.get("same_bits").booleanValue(), found.toString());
    assertTrue(found.get("rms").doubleValue() < 0.01 * found.get("spread").doubleValue(), found.toString());
  }

  @Test
  void jsonHoldsTheSame() throws IOException {
    Program run = Program.run("inspect", "--json");
    JsonNode model = Json.MAPPER.readTree(run.out());
    assertEquals(1, run.out().lines().count());
    assertTrue(model.get("runs").booleanValue());
    assertEquals(512, model.get("context_length").intValue());
    assertEquals(2048, model.get("vocabulary_size").intValue());
    assertEquals("[2]", model.get("metadata").get("start_token").get("ids").toString());
    assertEquals(0.7, model.get("metadata").get("sampler").get("temperature").doubleValue());
    assertEquals(3, model.get("sections").size());
    JsonNode graph = model.get("graphs").get(0);
    assertEquals(31, graph.get("weights").get(0).get("matrices").intValue());
    JsonNode decode = graph.get("signatures").get(2);
    assertEquals("decode", decode.get("name").textValue());
    assertEquals(31, decode.get("operators").get("FULLY_CONNECTED").intValue());
    assertEquals("[\"odml.rms_norm\"]", decode.get("composites").toString());
    assertEquals(15, decode.get("inputs").size(), "every operand, unfolded");
  }

  @Test
  void operandsOfLayersAreFoldedWhereTheyAreAlike() {
    List<Operand> operands = new ArrayList<>(List.of(new Operand("tokens", "int32", List.of(1, 8))));
    for (int layer : new int[] {0, 1, 2, 10, 4}) {
      operands.add(new Operand("kv_cache_k_" + layer, "float32", List.of(1, 64)));
      operands.add(new Operand("kv_cache_v_" + layer, "float32", List.of(1, 64)));
    }
    operands.add(new Operand("kv_cache_k_3", "float32", List.of(1, 16)));
    operands.add(new Operand("kv_cache_v_3", "float32", List.of(16, 1)));
    operands.add(new Operand("slice_v_0", "float32", List.of()));
    assertEquals(
        List.of(
            new OperandLines.Line("tokens", "int32", List.of(1, 8)),
            new OperandLines.Line("kv_cache_{k,v}_0-2,4,10", "float32", List.of(1, 64)),
            new OperandLines.Line("kv_cache_k_3", "float32", List.of(1, 16)),
            new OperandLines.Line("kv_cache_v_3", "float32", List.of(16, 1)),
            new OperandLines.Line("slice_v_0", "float32", List.of())),
        OperandLines.of(operands));
  }

  @Test
  void aBrokenFileIsOneLine(@TempDir Path folder) throws IOException {
    Path text = Files.writeString(folder.resolve("notes.litertlm"), "Dear diary, this is no model at all.");
    assertRefused(text);
    assertRefused(folder.resolve("missing.task"));
    assertEquals(2, Program.run("inspect", text.toString(), "--model", text.toString()).status());
  }

  @Test
  void allModelsAtHandAreDescribedAndAllBrokenOnesRefused() throws IOException {
    if (!Files.isDirectory(MODELS)) {
      String absent = "no models at " + MODELS + ": only the embedded model was inspected";
      System.out.println(absent);
      abort(absent);
    }
    for (Path file : models(MODELS)) {
      Program run = Program.run("inspect", "--model", file.toString());
      assertEquals(0, run.status(), file + ": " + run.err());
      assertTrue(run.out().contains("  decode"), file::toString);
      assertFits(run.out());
      JsonNode json = Json.MAPPER.readTree(Program.run("inspect", "--json", file.toString()).out());
      assertTrue(json.get("runs").booleanValue() == json.has("context_length"), file::toString);
    }
    for (Path file : models(MODELS.resolve("bad"))) {
      if (UNSUPPORTED.contains(file.getFileName().toString())) {
        Program run = Program.run("inspect", file.toString());
        assertEquals(0, run.status(), run.err());
        assertTrue(run.out().contains("runs here      no: "), run.out());
      } else {
        assertRefused(file);
      }
    }
  }

  private static List<Path> models(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.filter(p -> p.toString().matches(".*\\.(litertlm|task|tflite)")).sorted().toList();
    }
  }

  private static void assertRefused(Path file) {
    Program run = Program.run("inspect", file.toString());
    assertEquals(1, run.status(), file + ":\n" + run.out());
    assertEquals("", run.out());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().startsWith("picaflor: " + file + ": "), run.err());
  }

  private static void assertFits(String text) {
    assertFalse(text.lines().anyMatch(line -> line.length() > 100), text);
  }
}
