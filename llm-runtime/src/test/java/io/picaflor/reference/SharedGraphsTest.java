package io.picaflor.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.Workers;
import io.picaflor.model.ModelFile;
import io.picaflor.session.Executor;
import io.picaflor.testfiles.JsonText;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Graphs of Google's own exporters against LiteRT's logits, and broken ones made from them, where they are at hand. */
class SharedGraphsTest {
  private static final Path SHARED = Path.of("../../shared");
  private static final Path MODELS = SHARED.resolve("models");
  private static final Kernels KERNELS = Kernels.choose(null);

  /** What is broken at the level of the graph, and parts of its message. */
  private static final Map<String, String[]> BAD = Map.ofEntries(
      Map.entry("cut_half.tflite", new String[] {"byte"}),
      Map.entry("cut_weights.tflite", new String[] {"buffer", "is the download complete?"}),
      Map.entry("vector_length.tflite", new String[] {"1073741823"}),
      Map.entry("string_length.tflite", new String[] {"the string", "4294967"}),
      Map.entry("tensor_index.tflite", new String[] {"tensor 1000000"}),
      Map.entry("tensor_negative.tflite", new String[] {"tensor -7"}),
      Map.entry("buffer_index.tflite", new String[] {"buffer 70000"}),
      Map.entry("buffer_beyond.tflite", new String[] {"buffer"}),
      Map.entry("buffer_overflow.tflite", new String[] {"2^63"}),
      Map.entry("op_cycle.tflite", new String[] {"which nothing has computed before it"}),
      Map.entry("opcode_index.tflite", new String[] {"operator code 900"}),
      Map.entry("unknown_op.tflite", new String[] {"signature decode", "operator code 9999", "version"}),
      Map.entry("composite_self.tflite", new String[] {"its own decomposition"}),
      Map.entry("negative_dim.tflite", new String[] {"[-512, 32]"}),
      Map.entry("dims_overflow.tflite", new String[] {"[2147483647, 2147483647]"}),
      Map.entry("buffer_short.tflite", new String[] {"its type and shape need"}),
      Map.entry("int4_odd.tflite", new String[] {"shape [511, 31]"}),
      Map.entry("scales_missing.tflite", new String[] {"scales"}),
      Map.entry("scales_count.tflite", new String[] {"scales along dimension 0"}),
      Map.entry("no_decode.tflite", new String[] {"no signature 'decode'", "encode"}),
      Map.entry("input_name.tflite", new String[] {"input_xyz"}),
      Map.entry("signature_tensor.tflite", new String[] {"tensor 123456"}));

  @BeforeAll
  static void requireModels() {
    if (!Files.isDirectory(MODELS)) {
      String absent = "no models at " + MODELS + ": only the graphs that the tests write themselves were run";
      System.out.println(absent);
      abort(absent);
    }
  }

  private interface Use {
    void of(ReferenceNetwork network) throws IOException;
  }

  private static void load(Path path, Use use) throws IOException {
    try (ModelFile file = ModelFile.open(path); Workers workers = new Workers(1); Arena arena = Arena.ofShared()) {
      use.of(new ReferenceNetwork(file, KERNELS, workers, arena));
    }
  }

  private static List<Path> models(String folder, String pattern) throws IOException {
    try (var all = Files.list(MODELS.resolve(folder))) {
      return all.filter(p -> p.getFileName().toString().matches(pattern)).sorted().toList();
    }
  }

  @Test
  void allTinyModelsDecodeAsLiteRtDoes() throws IOException {
    List<Path> files = models("", "tiny_.*\\.(litertlm|task|tflite)");
    assertTrue(files.size() > 20, () -> files.size() + " files");
    for (Path path : files) {
      String name = path.getFileName().toString();
      Path golden = SHARED.resolve("goldens/logits").resolve(name.substring(0, name.lastIndexOf('.')) + ".json");
      Object expected = JsonText.read(Files.readString(golden));
      load(path, network -> {
        assertEquals(JsonText.number(JsonText.member(expected, "vocab")), network.vocabularySize(), name);
        assertEquals(JsonText.number(JsonText.member(expected, "kv_length")), network.contextLength(), name);
        holds(name, network, expected, "short");
      });
    }
  }

  @Test
  void longContextsWithWindowsAndExpertsDecodeAsLiteRtDoes() throws IOException {
    for (String name : new String[] {"tiny_hf_gemma3_ring_q8.litertlm", "tiny_hf_gemma4moe_q8.litertlm"}) {
      Path golden = SHARED.resolve("goldens/logits").resolve(name.substring(0, name.lastIndexOf('.')) + ".json");
      Object expected = JsonText.read(Files.readString(golden));
      load(MODELS.resolve(name), network -> holds(name, network, expected, "window"));
    }
  }

  /** Each logit of a case of a golden, up to the golden's tolerance. */
  private static void holds(String name, ReferenceNetwork network, Object golden, String wanted) {
    double tolerance = JsonText.number(JsonText.member(JsonText.member(golden, "tolerance"), "logit_abs"));
    Object found = JsonText.items(JsonText.member(golden, "cases")).stream()
        .filter(c -> wanted.equals(JsonText.member(c, "name"))).findFirst().orElseThrow();
    List<?> tokens = JsonText.items(JsonText.member(found, "tokens"));
    List<?> positions = JsonText.items(JsonText.member(found, "positions"));
    try (Executor executor = network.newExecutor(network.contextLength())) {
      int next = 0;
      for (int i = 0; i < tokens.size(); i++) {
        MemorySegment logits = executor.decode((int) JsonText.number(tokens.get(i)));
        Object position = positions.get(Math.min(next, positions.size() - 1));
        Object at = JsonText.member(position, "at"); // long cases list some positions only
        if (at != null && JsonText.number(at) != i) {
          continue;
        }
        next++;
        for (String list : new String[] {"top", "ids"}) {
          for (Object pair : JsonText.items(JsonText.member(position, list))) {
            int id = (int) JsonText.number(JsonText.items(pair).get(0));
            double logit = JsonText.number(JsonText.items(pair).get(1));
            assertEquals(logit, logits.getAtIndex(ValueLayout.JAVA_FLOAT, id), tolerance,
                name + ", " + wanted + ", position " + i + ", token " + id);
          }
        }
      }
      assertEquals(positions.size(), next, name + ": positions compared");
    }
  }

  @Test
  void prefillGivesTheLogitsOfDecodeOnRealGraphs() throws IOException {
    for (Path path : models("",
        "tiny_(gemma3_q8|hf_llama_kts_fp16|mini_q4b32|hf_gemma3_split_q8|hf_gemma3n_q8)\\..*")) {
      load(path, network -> {
        int[] tokens = new int[network.prefills().lastKey() + 5];
        Arrays.setAll(tokens, i -> 3 + i * 7 % (network.vocabularySize() - 3));
        try (Executor chunks = network.newExecutor(network.contextLength());
            Executor single = network.newExecutor(network.contextLength())) {
          assertEquals(tokens.length, chunks.prefill(tokens, () -> false));
          for (int token : tokens) {
            single.decode(token);
          }
          float[] expected = single.decode(9).toArray(ValueLayout.JAVA_FLOAT);
          float[] found = chunks.decode(9).toArray(ValueLayout.JAVA_FLOAT);
          assertTrue(Arrays.equals(expected, found), path.getFileName().toString());
        }
      });
    }
  }

  @Test
  void allBrokenGraphsAreRefusedClearly() {
    BAD.forEach((name, expected) -> {
      Path path = MODELS.resolve("bad").resolve(name);
      var e = assertThrows(IOException.class, () -> load(path, network -> {}), name);
      assertTrue(e instanceof ModelFormatException || e instanceof UnsupportedModelException, () -> name + ": " + e);
      assertTrue(e.getMessage().startsWith(path + ": "), e.getMessage());
      assertTrue(Arrays.stream(expected).allMatch(e.getMessage()::contains), e.getMessage());
      assertTrue(e.getMessage().lines().count() == 1 && e.getMessage().length() < 400, e.getMessage());
    });
  }
}
