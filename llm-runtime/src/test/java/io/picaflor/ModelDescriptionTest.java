package io.picaflor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.model.FlatTable;
import io.picaflor.model.FlatVector;
import io.picaflor.model.ModelFile;
import io.picaflor.model.ModelRole;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** {@link Model#describe} on the demo model, whole and with single things broken. */
class ModelDescriptionTest {
  private static final int MUL = 18;

  @Test
  void theDemoModelIsDescribed() throws IOException {
    ModelDescription demo = Model.describe(DemoModel.path());
    assertTrue(demo.format().startsWith(".litertlm 1."), demo.format());
    assertEquals(Files.size(DemoModel.path()), demo.bytes());
    assertEquals(
        new ModelDescription.Execution(
            Optional.of("plan"), OptionalInt.of(512), OptionalInt.of(2048), Optional.empty()),
        demo.execution());
    assertEquals(Optional.of(new ModelDescription.TokenizerSummary("SentencePiece", 2048)), demo.tokenizer());
    ModelDescription.Metadata metadata = demo.metadata().orElseThrow();
    assertEquals("gemma3", metadata.modelType());
    assertEquals(Optional.of(new ModelDescription.TokenSequence(List.of(2), "<bos>")), metadata.startToken());
    assertEquals(List.of("<end_of_turn>", "<eos>"), metadata.stopTokens().stream().map(t -> t.text()).toList());
    assertEquals(40, metadata.sampler().orElseThrow().topK());
    assertEquals(OptionalInt.of(512), metadata.maxTokens());
  }

  @Test
  void weightsAreCountedOnceThoughThreeSignaturesShareThem() throws IOException {
    ModelDescription.Graph graph = Model.describe(DemoModel.path()).graphs().getFirst();
    assertEquals(List.of("prefill_32", "prefill_128", "decode"),
        graph.signatures().stream().map(s -> s.name()).toList());
    assertEquals(1, graph.weights().size());
    ModelDescription.WeightFormat weights = graph.weights().getFirst();
    assertEquals("int8 per channel", weights.format());
    // Six layers of five (Q, K and V in one; output; gate; up; down), and the embedding, which is the head as well.
    assertEquals(31, weights.matrices());
    assertTrue(weights.bytes() > weights.parameters() && weights.bytes() < graph.bytes(), weights.toString());
    assertTrue(graph.parameters() > weights.parameters(), "the norms' vectors count too");
  }

  @Test
  void decodeIsDescribedWithItsOperandsAndOperators() throws IOException {
    ModelDescription.Signature decode = Model.describe(DemoModel.path()).graphs().getFirst().signatures().getLast();
    assertTrue(decode.inputs().contains(new ModelDescription.Operand("tokens", "int32", List.of(1, 1))));
    assertTrue(decode.outputs().contains(new ModelDescription.Operand("logits", "float32", List.of(1, 1, 2048))));
    assertEquals(31, decode.operators().get("FULLY_CONNECTED"));
    assertEquals("MUL", decode.operators().keySet().iterator().next(), "the most frequent first");
    assertEquals(List.of("odml.rms_norm"), decode.composites());
    assertEquals(Optional.empty(), decode.unsupported());
  }

  @Test
  void anOperationThatNobodyKnowsIsNamedAndTheRestDescribed() throws IOException {
    byte[] file = Files.readAllBytes(DemoModel.path());
    replaceOperatorCode(file, MUL, 9999);
    ModelDescription description = describe(file);
    String refusal = description.execution().refusal().orElseThrow();
    assertTrue(refusal.contains("signature decode") && refusal.contains("operator code 9999"), refusal);
    ModelDescription.Signature decode = description.graphs().getFirst().signatures().getLast();
    assertTrue(decode.unsupported().orElseThrow().contains("operator code 9999"), decode.toString());
    assertTrue(decode.operators().containsKey("operator code 9999"), decode.operators().toString());
    assertFalse(decode.inputs().isEmpty());
    assertEquals("SentencePiece", description.tokenizer().orElseThrow().kind());
  }

  @Test
  void sectionsOfUnknownTypesAreListedWithANote() throws IOException {
    byte[] file = Files.readAllBytes(DemoModel.path());
    ModelDescription whole = describe(file);
    assertTrue(whole.sections().stream().allMatch(s -> s.note().isEmpty()), whole.sections().toString());
    setTypeOfMetadataSection(file, 99);
    ModelDescription.Section section = describe(file).sections().getFirst();
    assertEquals("type 99", section.type());
    assertFalse(section.note().isEmpty());
    assertEquals(Optional.empty(), describe(file).metadata());
  }

  @Test
  void aBrokenFileIsRefused() throws IOException {
    byte[] file = Files.readAllBytes(DemoModel.path());
    byte[] half = Arrays.copyOf(file, file.length / 2);
    String message = assertThrows(ModelFormatException.class, () -> describe(half)).getMessage();
    assertTrue(message.startsWith("model: ") && message.contains("is the download complete?"), message);
  }

  private static ModelDescription describe(byte[] file) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(file.length, 64);
      MemorySegment.copy(file, 0, memory, ValueLayout.JAVA_BYTE, 0, file.length);
      return Model.describe("model", memory);
    }
  }

  /** Writes another number into the entry of the operator table that has this one. */
  private static void replaceOperatorCode(byte[] file, int code, int other) throws IOException {
    try (ModelFile model = ModelFile.open(DemoModel.path())) {
      var graph = model.requireGraph(ModelRole.PREFILL_DECODE);
      FlatVector codes = FlatTable.root(graph).vector(1, 4);
      ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < codes.size(); i++) {
        if (codes.table(i).i32(3, 0) == code) {
          int at = (int) (graph.base() + codes.table(i).position());
          for (int k = at + 4; k < at + 24; k += 4) {
            if (bytes.getInt(k) == code) {
              bytes.putInt(k, other);
              return;
            }
          }
        }
      }
    }
    throw new AssertionError("the demo model has no operator " + code);
  }

  /** Finds the one byte of the header that makes the first section one of metadata. */
  private static void setTypeOfMetadataSection(byte[] file, int type) throws IOException {
    for (int at = 32; at < 1024; at++) {
      byte[] changed = file.clone();
      changed[at] = (byte) type;
      try {
        if (file[at] == 5 && describe(changed).sections().getFirst().type().equals("type " + type)) {
          file[at] = (byte) type;
          return;
        }
      } catch (IOException e) {
        continue; // another 5
      }
    }
    throw new AssertionError("no section of metadata");
  }
}
