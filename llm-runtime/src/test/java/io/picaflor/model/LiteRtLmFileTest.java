package io.picaflor.model;

import static io.picaflor.model.Samples.PREFILL_DECODE;
import static io.picaflor.model.Samples.TOKENIZER;
import static io.picaflor.model.Samples.graph;
import static io.picaflor.model.Samples.withInt;
import static io.picaflor.model.Samples.zlibSection;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.testfiles.FlatWriter;
import io.picaflor.testfiles.LiteRtLmWriter;
import io.picaflor.testfiles.ProtoWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LiteRtLmFileTest {
  private static ModelFile open(LiteRtLmWriter file) throws IOException {
    return Samples.open(file.done());
  }

  private static void assertBroken(String expected, LiteRtLmWriter file) {
    assertBroken(expected, file.done());
  }

  private static void assertBroken(String expected, byte[] content) {
    var e = assertThrows(ModelFormatException.class, () -> Samples.readAll(Samples.open(content)));
    assertTrue(e.getMessage().startsWith("model: ") && e.getMessage().contains(expected), e.getMessage());
  }

  private static LiteRtLmWriter withTokenizer(byte[] section) {
    return LiteRtLmWriter.file().model(PREFILL_DECODE, graph()).section(LiteRtLmWriter.ZLIB, section);
  }

  @Test
  void sectionsAreSlicesOfTheFile() throws IOException {
    byte[] content = Samples.litertlm().done();
    try (ModelFile file = Samples.open(content)) {
      assertEquals(".litertlm 1.7.0", file.format());
      assertEquals("model", file.name());
      assertEquals(Map.of("Authors", "tests"), file.systemMetadata());
      Bytes graph = file.requireGraph(ModelRole.PREFILL_DECODE);
      assertEquals(-1, graph.segment().mismatch(MemorySegment.ofArray(graph())));
      assertEquals("TFLiteModel tf_lite_prefill_decode", graph.section());
      assertEquals(Optional.empty(), file.graph(ModelRole.EMBEDDER));
      assertEquals(OptionalInt.of(1280), file.metadata().orElseThrow().maxNumTokens());
      assertEquals(OptionalInt.of(96), file.executorMetadata().orElseThrow().maxHistorySize());
      Section last = file.sections().getLast();
      Map<String, String> items = Map.of("model_type", PREFILL_DECODE);
      assertEquals(new Section(PREFILL_DECODE, "TFLiteModel", graph.base(), graph.size(), items), last);
      assertEquals(content.length, last.offset() + last.length());
    }
  }

  @Test
  void everyRoleAndItsWeightsAreFound() throws IOException {
    byte[] weights = {1, 2, 3};
    ModelFile file = open(LiteRtLmWriter.file()
        .section(LiteRtLmWriter.TFLITE, graph()) // without model_type: the language model
        .model("TF_LITE_Embedder", graph())
        .model("tf_lite_per_layer_embedder", graph())
        .model("tf_lite_aux", graph())
        .model("tf_lite_vision_encoder", graph())
        .section(LiteRtLmWriter.WEIGHTS, weights, Map.of("Model_Type", "tf_lite_embedder")));
    for (ModelRole role : ModelRole.values()) {
      assertTrue(file.graph(role).isPresent(), role.name());
    }
    assertEquals(-1, file.externalWeights(ModelRole.EMBEDDER).orElseThrow().mismatch(MemorySegment.ofArray(weights)));
    assertEquals(Optional.empty(), file.externalWeights(ModelRole.PREFILL_DECODE));
    assertEquals(6, file.sections().size());
  }

  @Test
  void bothKindsOfTokenizerAreFound() throws IOException {
    TokenizerData json = open(withTokenizer(zlibSection(TOKENIZER, TOKENIZER.length))).tokenizer().orElseThrow();
    assertEquals(TokenizerData.Kind.TOKENIZER_JSON, json.kind());
    assertEquals("pieces", new String(json.bytes().toArray(ValueLayout.JAVA_BYTE)));
    TokenizerData pieces = open(withTokenizer(zlibSection(TOKENIZER, TOKENIZER.length))
        .section(LiteRtLmWriter.SENTENCE_PIECE, TOKENIZER)).tokenizer().orElseThrow();
    assertEquals(TokenizerData.Kind.SENTENCE_PIECE, pieces.kind());
    assertEquals("pieces", new String(pieces.bytes().toArray(ValueLayout.JAVA_BYTE)));
  }

  @Test
  void aLargeTokenizerIsUnpackedWhole() throws IOException {
    var large = new byte[300_000];
    new Random(5).nextBytes(large);
    TokenizerData json = open(withTokenizer(zlibSection(large, large.length))).tokenizer().orElseThrow();
    assertEquals(-1, json.bytes().mismatch(MemorySegment.ofArray(large)));
  }

  @Test
  void packedTokenizersThatLieAboutTheirSizeAreRefused() {
    var zeros = new byte[100_000];
    assertBroken("should unpack to 7 bytes, found 6", withTokenizer(zlibSection(TOKENIZER, 7)));
    assertBroken("unpacks to more than the 5 bytes", withTokenizer(zlibSection(TOKENIZER, 5)));
    assertBroken("unpacks to more than the 0 bytes", withTokenizer(zlibSection(zeros, 0)));
    assertBroken("the unpacked tokenizer should have at most", withTokenizer(zlibSection(TOKENIZER, 1 << 26)));
    assertBroken("the unpacked tokenizer should have at most", withTokenizer(zlibSection(TOKENIZER, (64L << 20) + 1)));
    assertBroken("found 18446744073709551615", withTokenizer(zlibSection(TOKENIZER, -1)));
    byte[] followed = zlibSection(TOKENIZER, 6, (byte) 1, (byte) 2);
    assertBroken("should end its section, found 2 more bytes", withTokenizer(followed));
    byte[] cut = zlibSection(zeros, zeros.length);
    assertBroken("the packed tokenizer ends after", withTokenizer(Arrays.copyOf(cut, cut.length - 3)));
    byte[] damaged = zlibSection(TOKENIZER, 6);
    damaged[8] = 0;
    assertBroken("is no zlib stream, or a damaged one", withTokenizer(damaged));
    assertBroken("a number of 8 bytes needs 8 bytes", withTokenizer(new byte[4]));
  }

  @Test
  void anotherMajorVersionIsUnsupported() {
    byte[] content = withInt(Samples.litertlm().done(), 8, 2);
    var e = assertThrows(UnsupportedModelException.class, () -> Samples.open(content));
    assertEquals("model: is a .litertlm file of version 2.7.0, expected 1.x; a newer Picaflor may read it",
        e.getMessage());
  }

  @Test
  void aHeaderThatEndsElsewhereIsRefused() {
    byte[] good = Samples.litertlm().done();
    assertBroken("header, byte 24: the header should end at byte 32 to", withInt(good, 24, 31));
    assertBroken("header, byte 24: the header should end at byte 32 to", withInt(good, 24, good.length + 1));
    assertBroken("header, byte 24: the header should end at byte 32 to", withInt(good, 28, -1));
    assertBroken("needs 4 bytes", withInt(good, 24, 32));
  }

  @Test
  void sectionsOutsideOfTheFileOrOfOrderAreRefused() {
    LiteRtLmWriter file = LiteRtLmWriter.file().model(PREFILL_DECODE, graph());
    long size = file.done().length;
    assertBroken("TFLiteModel tf_lite_prefill_decode ends at byte " + (size + 1) + ", but the file has " + size,
        file.claiming(size - 10, size + 1));
    assertBroken("should end behind its first byte " + size, file.claiming(size, size - 1));
    assertBroken("should start behind the header", file.claiming(16, size));
    assertBroken("field 2 should be a number below 2^63", file.claiming(16, -1));
    assertBroken("TFLiteModel tf_lite_prefill_decode is empty", file.claiming(size - 1, size - 1));
  }

  @Test
  void sectionsInsideOfOthersAreRefused() throws IOException {
    LiteRtLmWriter file = LiteRtLmWriter.file().model(PREFILL_DECODE, graph())
        .section(LiteRtLmWriter.SENTENCE_PIECE, TOKENIZER);
    long inside = open(file).requireGraph(ModelRole.PREFILL_DECODE).base() + 4;
    assertBroken("inside of TFLiteModel tf_lite_prefill_decode", file.claiming(inside, inside + 2));
  }

  @Test
  void sectionsThatAreNotUsedMayHoldWhatTheyLike() throws IOException {
    ModelFile file = open(Samples.litertlm()
        .section(200, TOKENIZER)
        .section(10, new byte[0])
        .section(2, TOKENIZER).claiming(Long.MAX_VALUE, 0)
        .section(1, TOKENIZER).claiming(0, 40));
    Samples.readAll(file);
    List<String> types = file.sections().stream().map(Section::type).toList();
    assertEquals(List.of("type 200", "TtsMetadataProto", "Deprecated", "GenericBinaryData"), types.subList(4, 8));
  }

  @Test
  void whatIsThereTwiceIsRefusedWhenItIsUsed() throws IOException {
    assertBroken("TFLiteModel tf_lite_prefill_decode should be there once, found 2",
        Samples.litertlm().model(PREFILL_DECODE, graph()));
    assertBroken("LlmMetadataProto should be there once, found 2",
        Samples.litertlm().section(LiteRtLmWriter.METADATA, Samples.metadata().done()));
  }

  @Test
  void aGraphForOtherProcessorsIsLeftToThem() throws IOException {
    Map<String, String> gpu = Map.of("model_type", PREFILL_DECODE, "backend_constraint", "gpu, npu");
    Map<String, String> any = Map.of("model_type", PREFILL_DECODE, "backend_constraint", "GPU, CPU");
    var e = assertThrows(UnsupportedModelException.class, () -> open(LiteRtLmWriter.file()
        .section(LiteRtLmWriter.TFLITE, graph(), gpu)).graph(ModelRole.PREFILL_DECODE));
    assertTrue(e.getMessage().contains("is only for the backend 'gpu, npu'"), e.getMessage());
    ModelFile both = open(LiteRtLmWriter.file()
        .section(LiteRtLmWriter.TFLITE, graph(), gpu).section(LiteRtLmWriter.TFLITE, graph(), any));
    assertEquals(both.sections().get(1).offset(), both.requireGraph(ModelRole.PREFILL_DECODE).base());
  }

  @Test
  void aFileWithoutALanguageModelSaysWhatItHolds() throws IOException {
    ModelFile file = open(LiteRtLmWriter.file().model("tf_lite_text_encoder", graph()).section(4, TOKENIZER));
    var e = assertThrows(UnsupportedModelException.class, () -> file.requireGraph(ModelRole.PREFILL_DECODE));
    assertEquals("model: holds no language model: expected tf_lite_prefill_decode, found tf_lite_text_encoder, "
        + "SP_Tokenizer", e.getMessage());
  }

  @Test
  void aSectionThatIsNoGraphIsRefused() {
    assertBroken("expected a .tflite graph with the identifier TFL3 at its fifth byte, found 'some'",
        LiteRtLmWriter.file().model(PREFILL_DECODE, "not some graph".getBytes()));
    assertBroken("identifier TFL3 at its fifth byte, found 3 bytes",
        LiteRtLmWriter.file().model(PREFILL_DECODE, new byte[3]));
  }

  @Test
  void executorMetadataIsFoundUnderItsFormerNumberToo() throws IOException {
    ModelFile file = open(LiteRtLmWriter.file()
        .section(LiteRtLmWriter.EMBEDDING_METADATA, Samples.executorMetadata().done()));
    assertEquals(OptionalInt.of(96), file.executorMetadata().orElseThrow().maxHistorySize());
  }

  @Test
  void anotherMessageUnderAnAmbiguousNumberDoesNotFailTheLoad() throws IOException {
    for (byte[] other : new byte[][] {{(byte) 0xFF, 1, 2}, ProtoWriter.message().text(1, "\n").done()}) {
      ModelFile file = open(LiteRtLmWriter.file()
          .section(LiteRtLmWriter.EMBEDDING_METADATA, other)
          .section(LiteRtLmWriter.EXECUTOR, other));
      assertEquals(Optional.empty(), file.executorMetadata());
    }
  }

  @Test
  void systemMetadataOfAllTypesIsShown() throws IOException {
    ModelFile file = open(LiteRtLmWriter.file()
        .system("u8", 1, (byte) -1).system("i8", 2, (byte) -1).system("u16", 3, (short) -1).system("i16", 4, (short) -1)
        .system("u32", 5, -1).system("i32", 6, -1).system("f32", 7, 0.5f).system("bool", 8, (byte) 1)
        .system("u64", 10, -1L).system("i64", 11, -1L).system("f64", 12, 0.5).system("new", 77, 1)
        .system("bare", 6, new FlatWriter.Raw(new byte[] {-1, -1, -1, 127})));
    assertEquals(
        "u8=255 i8=-1 u16=65535 i16=-1 u32=4294967295 i32=-1 f32=0.5 bool=true u64=18446744073709551615 i64=-1 f64=0.5 "
            + "new=(type 77) bare=(unreadable)",
        String.join(" ", file.systemMetadata().entrySet().stream().map(Object::toString).toList()));
  }
}
