package io.picaflor.model;

import static io.picaflor.model.Samples.TOKENIZER;
import static io.picaflor.model.Samples.graph;
import static io.picaflor.model.Samples.withInt;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.testfiles.ProtoWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class TaskBundleTest {
  private static final int CENTRAL = 0x02014B50;

  private static void assertBroken(String expected, byte[] content) {
    var e = assertThrows(ModelFormatException.class, () -> Samples.readAll(Samples.open(content)));
    assertTrue(e.getMessage().startsWith("model: ") && e.getMessage().contains(expected), e.getMessage());
  }

  private static void assertUnsupported(String expected, byte[] content) {
    var e = assertThrows(UnsupportedModelException.class, () -> Samples.readAll(Samples.open(content)));
    assertTrue(e.getMessage().startsWith("model: ") && e.getMessage().contains(expected), e.getMessage());
  }

  /** Where the directory has its n-th entry. */
  private static int central(byte[] zip, int n) {
    int left = n;
    for (int at = 0;; at++) {
      if (Samples.bytes(zip).segment().get(ValueLayout.JAVA_INT_UNALIGNED, at) == CENTRAL && left-- == 0) {
        return at;
      }
    }
  }

  private static byte[] withByte(byte[] content, int offset, int value) {
    byte[] changed = content.clone();
    changed[offset] = (byte) value;
    return changed;
  }

  @Test
  void entriesAreSlicesOfTheFile() throws IOException {
    ModelFile file = Samples.open(Samples.task());
    assertEquals(".task", file.format());
    assertEquals(-1, file.requireGraph(ModelRole.PREFILL_DECODE).segment().mismatch(MemorySegment.ofArray(graph())));
    assertEquals(-1, file.tokenizer().orElseThrow().bytes().mismatch(MemorySegment.ofArray(TOKENIZER)));
    assertEquals(TokenizerData.Kind.SENTENCE_PIECE, file.tokenizer().orElseThrow().kind());
    assertEquals(OptionalInt.of(1280), file.metadata().orElseThrow().maxNumTokens());
    assertEquals(List.of("TF_LITE_PREFILL_DECODE", "TOKENIZER_MODEL", "METADATA"),
        file.sections().stream().map(Section::name).toList());
    assertEquals(file.requireGraph(ModelRole.PREFILL_DECODE).base(), file.sections().getFirst().offset());
    assertEquals(graph().length, file.sections().getFirst().length());
  }

  @Test
  void mediaPipesOwnMetadataIsRead() throws IOException {
    Map<String, byte[]> entries = Samples.taskEntries();
    entries.put("METADATA", ProtoWriter.message().text(5, "</s>").text(6, "<s>").done());
    LlmMetadata metadata = Samples.open(ZipWriter.stored(entries)).metadata().orElseThrow();
    assertEquals(List.of(new LlmMetadata.Token.Text("</s>")), metadata.stopTokens());
  }

  @Test
  void splitModelsAreFoundByTheirEntries() throws IOException {
    Map<String, byte[]> entries = Samples.taskEntries();
    entries.put("TF_LITE_EMBEDDER", graph());
    entries.put("TF_LITE_PER_LAYER_EMBEDDER", graph());
    entries.put("TF_LITE_AUX", graph());
    ModelFile file = Samples.open(ZipWriter.stored(entries));
    for (ModelRole role : ModelRole.values()) {
      assertTrue(file.graph(role).isPresent(), role.name());
    }
  }

  @Test
  void zip64SizesAndPlacesAreRead() throws IOException {
    ModelFile file = Samples.open(ZipWriter.zip64("TF_LITE_PREFILL_DECODE", graph()));
    assertEquals(-1, file.requireGraph(ModelRole.PREFILL_DECODE).segment().mismatch(MemorySegment.ofArray(graph())));
  }

  @Test
  void everyCutOfAZip64FileIsRefused() {
    byte[] zip = ZipWriter.zip64("TF_LITE_PREFILL_DECODE", graph());
    for (int cut = 0; cut < zip.length; cut++) {
      byte[] content = Arrays.copyOf(zip, cut);
      assertThrows(ModelFormatException.class, () -> Samples.readAll(Samples.open(content)), "cut at " + cut);
    }
  }

  @Test
  void aCommentBehindAllDoesNotHideTheDirectory() throws IOException {
    String comment = "PK\u0005\u0006" + "x".repeat(60_000);
    Samples.readAll(Samples.open(ZipWriter.commented(Samples.taskEntries(), comment)));
  }

  @Test
  void compressedAndEncryptedEntriesAreUnsupported() {
    assertUnsupported("entry TF_LITE_PREFILL_DECODE is compressed (method 8), expected it stored",
        ZipWriter.deflated(Samples.taskEntries()));
    byte[] zip = Samples.task();
    assertUnsupported("entry TOKENIZER_MODEL is encrypted", withByte(zip, central(zip, 1) + 8, 1));
  }

  @Test
  void entriesThatAreNotUsedMayBeCompressed() throws IOException {
    Map<String, byte[]> entries = Samples.taskEntries();
    entries.put("../README", "not ours".getBytes(StandardCharsets.US_ASCII));
    byte[] zip = ZipWriter.stored(entries);
    ModelFile file = Samples.open(withByte(zip, central(zip, 3) + 10, 8));
    Samples.readAll(file);
    assertEquals("../README", file.sections().getLast().name());
  }

  @Test
  void aBundleWithoutALanguageModelSaysWhatItHolds() {
    Map<String, byte[]> entries = Samples.taskEntries();
    entries.remove("TF_LITE_PREFILL_DECODE");
    assertUnsupported("holds no language model: expected tf_lite_prefill_decode, found TOKENIZER_MODEL, METADATA",
        ZipWriter.stored(entries));
    assertUnsupported("holds no language model: expected tf_lite_prefill_decode, found nothing",
        ZipWriter.stored(Map.of()));
  }

  @Test
  void anEndRecordThatIsMissingOrLiesIsRefused() {
    byte[] zip = Samples.task();
    int end = zip.length - 22;
    assertBroken("expected the end record of a zip file (.task), found none; is the download complete?",
        Arrays.copyOf(zip, zip.length - 1));
    assertBroken("the directory of the zip file should lie before byte " + end, withInt(zip, end + 16, -2));
    assertBroken("the directory of the zip file should lie before byte " + end, withInt(zip, end + 12, 0x7FFFFFFF));
    assertBroken("entries, found a count of 65535", withInt(zip, end + 8, -1));
    assertBroken("expected entry 0 of 3 in the directory", withInt(zip, end + 16, 0));
    assertUnsupported("is one part of a split zip file", withInt(zip, end + 4, 1));
  }

  @Test
  void entriesThatLieElsewhereAreRefused() {
    byte[] zip = Samples.task();
    int second = central(zip, 1);
    assertBroken("entry TOKENIZER_MODEL should start before the directory", withInt(zip, second + 42, 0x7FFFFFFF));
    assertBroken("expected the header of entry TOKENIZER_MODEL, found", withInt(zip, second + 42, 1));
    byte[] larger = withInt(withInt(zip, second + 20, 1 << 30), second + 24, 1 << 30);
    assertBroken("entry TOKENIZER_MODEL of 1073741824 bytes should end before the directory", larger);
    assertBroken("entry 1 of the zip file's directory ends behind it", withInt(zip, second + 28, 0xFFFF));
  }

  @Test
  void headersThatContradictTheDirectoryAreRefused() {
    byte[] zip = Samples.task();
    String expected = "the header of entry TF_LITE_PREFILL_DECODE should have the name, method and size of the";
    assertBroken(expected, withByte(zip, 8, 8));
    assertBroken(expected, withByte(zip, 22, 3));
    assertBroken(expected, withByte(zip, 30, 'X'));
    assertBroken(expected, withByte(zip, central(zip, 0) + 20, 1));
  }

  @Test
  void sizesThatOnlyTheDirectoryStatesWillDo() throws IOException {
    byte[] zip = Samples.task();
    byte[] streamed = withByte(withInt(withInt(zip, 18, 0), 22, 0), 6, 8);
    Samples.readAll(Samples.open(withByte(streamed, central(zip, 0) + 8, 8)));
  }

  @Test
  void oneEntryInsideOfAnotherIsRefused() {
    // The tokenizer's content is a whole header of METADATA, and the directory's METADATA points at it.
    Map<String, byte[]> entries = new LinkedHashMap<>(Samples.taskEntries());
    byte[] metadata = Samples.metadata().done();
    byte[] inner = Arrays.copyOf(ZipWriter.stored(Map.of("METADATA", metadata)), 30 + 8 + metadata.length);
    entries.put("TOKENIZER_MODEL", inner);
    byte[] zip = ZipWriter.stored(entries);
    int tokenizer = Samples.bytes(zip).segment().get(
        ValueLayout.JAVA_INT_UNALIGNED, central(zip, 1) + 42);
    assertBroken("the entry starts inside of TOKENIZER_MODEL",
        withInt(zip, central(zip, 2) + 42, tokenizer + 30 + "TOKENIZER_MODEL".length()));
  }

  @Test
  void anEntryThatIsThereTwiceIsRefused() {
    Map<String, byte[]> entries = Samples.taskEntries();
    entries.put("METADATB", entries.get("METADATA"));
    byte[] zip = ZipWriter.stored(entries);
    String renamed = new String(zip, StandardCharsets.ISO_8859_1).replace("METADATB", "METADATA");
    assertBroken("entry METADATA should be there once, found it twice", renamed.getBytes(StandardCharsets.ISO_8859_1));
  }
}
