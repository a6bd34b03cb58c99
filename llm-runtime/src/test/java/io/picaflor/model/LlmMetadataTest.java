package io.picaflor.model;

import static io.picaflor.testfiles.ProtoWriter.message;
import static io.picaflor.model.Samples.bytes;
import static io.picaflor.model.Samples.ids;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.ModelFormatException;
import io.picaflor.model.ExecutorMetadata.MaskKind;
import io.picaflor.model.ExecutorMetadata.Masks;
import io.picaflor.model.ExecutorMetadata.StateBuffer;
import io.picaflor.model.ExecutorMetadata.StateKind;
import io.picaflor.model.LlmMetadata.Affixes;
import io.picaflor.model.LlmMetadata.Channel;
import io.picaflor.model.LlmMetadata.PromptTemplates;
import io.picaflor.model.LlmMetadata.Sampler;
import io.picaflor.model.LlmMetadata.SamplerType;
import io.picaflor.model.LlmMetadata.Token;
import io.picaflor.testfiles.ProtoWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class LlmMetadataTest {
  private static LlmMetadata read(ProtoWriter message) throws ModelFormatException {
    return LlmMetadataReader.read(bytes(message.done()));
  }

  private static void assertRefused(String expected, ProtoWriter message) {
    var e = assertThrows(ModelFormatException.class, () -> read(message));
    assertTrue(e.getMessage().contains(expected), e.getMessage());
  }

  private static ProtoWriter affixes(String prefix, String suffix) {
    return message().text(1, prefix).text(2, suffix);
  }

  @Test
  void allFieldsAreRead() throws ModelFormatException {
    LlmMetadata m = read(message()
        .nested(1, ids(2))
        .nested(2, ids(1, 106))
        .nested(2, message().text(2, "<end>"))
        .nested(3, message()
            .nested(1, affixes("<u>", "</u>")).nested(2, affixes("<m>", "</m>")).nested(3, affixes("<s>", "")))
        .nested(4, message().number(1, 2).number(2, 64).f32(3, 0.95f).f32(4, 0.5f).number(5, 7).number(6, 1))
        .number(5, 1280)
        .nested(6, message().nested(4, message()))
        .text(7, "{{ bos_token }}")
        .nested(8, message().text(1, "thought").text(2, "<t>").text(3, "</t>").number(4, 1))
        .nested(9, message().packed(1, 3, 4))
        .number(10, -5)
        .number(11, 1)
        .number(12, 0)
        .nested(13, message().text(2, "<pad>"))
        .text(14, "1.2")
        .text(99, "of a newer version"));
    assertEquals(Optional.of(new Token.Ids(List.of(2))), m.startToken());
    assertEquals(List.of(new Token.Ids(List.of(1, 106)), new Token.Text("<end>")), m.stopTokens());
    assertEquals(Optional.of(new PromptTemplates(
        new Affixes("<u>", "</u>"), new Affixes("<m>", "</m>"), new Affixes("<s>", ""))), m.promptTemplates());
    assertEquals(Optional.of(new Sampler(SamplerType.TOP_P, OptionalInt.of(64), Optional.of(0.95f), Optional.of(0.5f),
        OptionalInt.of(7))), m.sampler());
    assertEquals(OptionalInt.of(1280), m.maxNumTokens());
    assertEquals("gemma3", m.modelType());
    assertEquals(Optional.of("{{ bos_token }}"), m.jinjaTemplate());
    assertEquals(List.of(new Channel("thought", "<t>", "</t>", Optional.of(true))), m.channels());
    assertEquals(List.of(3, 4), m.suppressTokens());
    assertEquals(OptionalLong.of(-5), m.kvCacheInitValue());
    assertEquals(Optional.of(true), m.supportsThinking());
    assertEquals(Optional.of(false), m.supportsFunctionCalling());
    assertEquals(Optional.of(new Token.Text("<pad>")), m.padToken());
    assertEquals(Optional.of("1.2"), m.minRuntimeVersion());
    assertFalse(m.bytesToUnicode());
  }

  @Test
  void whatIsNotSaidIsEmpty() throws ModelFormatException {
    LlmMetadata m = read(message().nested(1, message()).nested(4, message()).number(5, 0));
    assertEquals(Optional.empty(), m.startToken());
    assertEquals(List.of(), m.stopTokens());
    assertEquals(Optional.of(new Sampler(SamplerType.UNSPECIFIED, OptionalInt.empty(), Optional.empty(),
        Optional.empty(), OptionalInt.empty())), m.sampler());
    assertEquals(OptionalInt.empty(), m.maxNumTokens());
    assertEquals("generic_model", m.modelType());
    assertEquals(Optional.empty(), m.jinjaTemplate());
    assertEquals(Optional.empty(), m.supportsThinking());
  }

  @Test
  void kindsThatAreNewerThanThisReaderAreTakenAsUnknown() throws ModelFormatException {
    LlmMetadata m = read(message().nested(4, message().number(1, 9)).nested(6, message().nested(77, message())));
    assertEquals(SamplerType.UNSPECIFIED, m.sampler().orElseThrow().type());
    assertEquals("generic_model", m.modelType());
  }

  @Test
  void stopTokensThatWouldMatchEverywhereAreRefused() {
    String none = "a stop token should be 1 to 64 ids or a text, found none: it would match everywhere";
    assertRefused(none, message().nested(2, message()));
    assertRefused(none, message().nested(2, ids()));
    assertRefused(none, message().nested(2, message().text(2, "")));
    assertRefused("ids of a stop token should be at most 64 numbers", message().nested(2, ids(new long[65])));
  }

  @Test
  void harmfulNumbersAreRefused() {
    assertRefused("ids of the start token should not be negative, found -1", message().nested(1, ids(-1)));
    assertRefused("ids of the pad token should not be negative", message().nested(13, ids(-7)));
    assertRefused("ids of suppressed tokens should not be negative", message().nested(9, message().number(1, -2)));
    assertRefused("the largest number of tokens should not be negative, found -1280", message().number(5, -1280));
    assertRefused("the largest number of tokens should be a number of 32 bits", message().number(5, 1L << 40));
    assertRefused("the sampler's k should not be negative, found -1", message().nested(4, message().number(2, -1)));
    assertRefused("the sampler's p should be 0 to 1, found 1.5", message().nested(4, message().f32(3, 1.5f)));
    assertRefused("the sampler's p should be 0 to 1, found NaN", message().nested(4, message().f32(3, Float.NaN)));
    assertRefused("temperature should be 0 or more, found -1.0", message().nested(4, message().f32(4, -1)));
    assertRefused("temperature should be 0 or more, found Infinity",
        message().nested(4, message().f32(4, Float.POSITIVE_INFINITY)));
  }

  @Test
  void textsAndListsWithoutEndAreRefused() {
    assertRefused("the chat template has 1048577 bytes, at most 1048576 are allowed",
        message().text(7, "x".repeat((1 << 20) + 1)));
    var stops = message();
    var channels = message();
    for (int i = 0; i < 5000; i++) {
      stops.nested(2, ids(1));
      channels.nested(8, message());
    }
    assertRefused("at most 4096 stop tokens", stops);
    assertRefused("at most 256 channels", channels);
  }

  @Test
  void everyCutIsReadOrRefused() throws ModelFormatException {
    byte[] good = Samples.metadata().done();
    int refused = 0;
    for (int cut = 0; cut < good.length; cut++) {
      try {
        LlmMetadataReader.read(bytes(Arrays.copyOf(good, cut)));
      } catch (ModelFormatException e) {
        refused++;
      }
    }
    assertTrue(refused > good.length / 2, "refused: " + refused);
  }

  /** As MediaPipe's bundler writes it: stop strings, a start string, the single prompt template. */
  @Test
  void mediaPipesParametersAreMappedToTheSameRecord() throws ModelFormatException {
    byte[] old = message().text(5, "</s>").text(5, "<end>").text(6, "<s>")
        .nested(8, message().text(2, "<u>").text(3, "</u><m>")).done();
    assertTrue(LlmParametersReader.looksLike(bytes(old)));
    LlmMetadata m = LlmParametersReader.read(bytes(old));
    assertEquals(Optional.of(new Token.Text("<s>")), m.startToken());
    assertEquals(List.of(new Token.Text("</s>"), new Token.Text("<end>")), m.stopTokens());
    assertEquals(Optional.of(new PromptTemplates(new Affixes("<u>", "</u><m>"), Affixes.NONE, Affixes.NONE)),
        m.promptTemplates());
  }

  @Test
  void mediaPipesNewerFieldsAreMappedToo() throws ModelFormatException {
    ProtoWriter template = message().text(2, "<u>").text(3, "</u>");
    byte[] old = message().nested(1, message().number(1, 1).number(2, 2048)).number(2, 512).number(4, 2).packed(7, 1)
        .nested(8, message().text(2, "deprecated")).nested(17, message().nested(1, template).nested(2, template))
        .packed(18, 1, 106).nested(19, message().text(1, "thought")).packed(20, 9, 8).done();
    assertTrue(LlmParametersReader.looksLike(bytes(old)));
    LlmMetadata m = LlmParametersReader.read(bytes(old));
    assertEquals(OptionalInt.of(2048), m.maxNumTokens());
    assertEquals(Optional.of(new Token.Ids(List.of(2))), m.startToken());
    assertEquals(List.of(new Token.Ids(List.of(1)), new Token.Ids(List.of(106))), m.stopTokens());
    assertEquals(new Affixes("<u>", "</u>"), m.promptTemplates().orElseThrow().user());
    assertEquals(new Affixes("<u>", "</u>"), m.promptTemplates().orElseThrow().model());
    assertEquals(List.of(new Channel("thought", "", "", Optional.empty())), m.channels());
    assertEquals(List.of(9, 8), m.suppressTokens());
    assertTrue(m.bytesToUnicode());
  }

  @Test
  void theTwoMessagesAreToldApartByTheirFieldsKinds() throws ModelFormatException {
    assertFalse(LlmParametersReader.looksLike(bytes(Samples.metadata().done())));
    assertFalse(LlmParametersReader.looksLike(bytes(message().nested(1, ids(2)).done())));
    assertFalse(LlmParametersReader.looksLike(bytes(message().number(5, 1280).done())));
    assertFalse(LlmParametersReader.looksLike(bytes(new byte[0])));
    assertTrue(LlmParametersReader.looksLike(bytes(message().text(5, "</s>").done())));
    assertTrue(LlmParametersReader.looksLike(bytes(message().number(4, 2).done())));
    assertTrue(LlmParametersReader.looksLike(bytes(message().number(2, 32000).done())));
    assertTrue(LlmParametersReader.looksLike(bytes(message().nested(1, message().number(2, 1024)).done())));
  }

  @Test
  void executorMetadataIsRead() throws ModelFormatException {
    ExecutorMetadata m = ExecutorMetadata.read(bytes(Samples.executorMetadata().done()));
    assertEquals(OptionalInt.of(96), m.maxHistorySize());
    assertEquals(List.of(new StateBuffer("k_0", "k_0", "k_0", "k_0", StateKind.LOCAL_KEY, OptionalInt.of(2),
        OptionalInt.of(20), OptionalInt.of(32))), m.stateBuffers());
    assertEquals(Optional.of(new Masks(MaskKind.CAUSAL, MaskKind.CAUSAL, OptionalInt.of(20))), m.masks());
  }

  @Test
  void harmfulExecutorMetadataIsRefused() {
    ProtoWriter axis = message().nested(1, message().nested(2, message().number(7, 8)));
    ProtoWriter window = message().nested(1, message().nested(3, message().number(3, -1)));
    var e = assertThrows(ModelFormatException.class, () -> ExecutorMetadata.read(bytes(axis.done())));
    assertTrue(e.getMessage().contains("the sequence axis should be 0 to 7, found 8"), e.getMessage());
    e = assertThrows(ModelFormatException.class, () -> ExecutorMetadata.read(bytes(window.done())));
    assertTrue(e.getMessage().contains("the sliding window should not be negative, found -1"), e.getMessage());
  }
}
