package io.picaflor.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Files of Google's own builders, and broken ones made from them, where they are at hand. */
class SharedModelsTest {
  private static final Path MODELS = Path.of("../../shared/models");

  /** What is broken at the level of the container, and a part of its message. */
  private static final Map<String, String> BAD = Map.ofEntries(
      Map.entry("empty.tflite", "the file is empty"),
      Map.entry("folder.tflite", "is a folder"),
      Map.entry("text.litertlm", "the file is text that starts with 'This is not a model."),
      Map.entry("cut_6_bytes.tflite", "the file has only 6 bytes"),
      Map.entry("wrong_identifier.tflite", "TFL3 at the fifth byte; found the bytes"),
      Map.entry("root_offset.tflite", "the root table should lie in the section's 77088 bytes"),
      Map.entry("vtable_offset.tflite", "the table's field list should lie in"),
      Map.entry("task_no_model.task", "holds no language model: expected tf_lite_prefill_decode"),
      Map.entry("task_bomb.task", "entry TF_LITE_PREFILL_DECODE is compressed"),
      Map.entry("task_local_offset.task", "entry TOKENIZER_MODEL should start before the directory"),
      Map.entry("task_cut.task", "expected the end record of a zip file"),
      Map.entry("magic.litertlm", "found 'LITERTLX'"),
      Map.entry("version.litertlm", "is a .litertlm file of version 9"),
      Map.entry("header_end.litertlm", "the header should end at byte 32 to 126240, found 1099511627776"),
      Map.entry("section_negative.litertlm", "should end behind its first byte"),
      Map.entry("section_beyond.litertlm", "but the file has 126240; is the download complete?"),
      Map.entry("section_overlap.litertlm", "inside of SP_Tokenizer"),
      Map.entry("metadata_cut.litertlm", "LlmMetadataProto, byte"));

  @BeforeAll
  static void requireModels() {
    if (!Files.isDirectory(MODELS)) {
      String absent = "no models at " + MODELS + ": only the files that the tests write themselves were tried";
      System.out.println(absent);
      abort(absent);
    }
  }

  @Test
  void allModelsAreOpened() throws IOException {
    List<Path> files;
    try (var all = Files.list(MODELS)) {
      files = all.filter(p -> p.toString().matches(".*\\.(litertlm|task|tflite)")).sorted().toList();
    }
    assertTrue(files.size() > 20, () -> files.size() + " files");
    for (Path path : files) {
      try (ModelFile file = ModelFile.open(path)) {
        String name = path.getFileName().toString();
        Samples.readAll(file);
        assertTrue(file.format().startsWith(name.substring(name.lastIndexOf('.'))), file.format());
        assertEquals(!name.endsWith(".tflite"), file.tokenizer().isPresent(), name);
        assertEquals(!name.endsWith(".tflite"), file.metadata().isPresent(), name);
        assertEquals(file.sections().stream().anyMatch(s -> s.type().equals("ExecutorMetadataProto")),
            file.executorMetadata().isPresent(), name);
      }
    }
  }

  @Test
  void allBrokenContainersAreRefusedClearly() {
    BAD.forEach((name, expected) -> {
      Path path = MODELS.resolve("bad").resolve(name);
      var e = assertThrows(IOException.class, () -> {
        try (ModelFile file = ModelFile.open(path)) {
          Samples.readAll(file);
        }
      }, name);
      boolean documented = e instanceof ModelFormatException || e instanceof UnsupportedModelException;
      assertTrue(documented || name.equals("folder.tflite"), () -> name + ": " + e);
      assertTrue(e.getMessage().startsWith(path + ": ") && e.getMessage().contains(expected), e.getMessage());
    });
  }

  @Test
  void otherBrokenGraphsRaiseNoOtherException() throws IOException {
    List<Path> files;
    try (var all = Files.list(MODELS.resolve("bad"))) {
      files = all.filter(p -> p.toString().endsWith(".tflite") && Files.isRegularFile(p)).sorted().toList();
    }
    for (Path path : files) {
      try (ModelFile file = ModelFile.open(path)) {
        Samples.readAll(file);
      } catch (ModelFormatException e) {
        assertTrue(e.getMessage().startsWith(path + ": "), e.getMessage());
      }
    }
  }
}
