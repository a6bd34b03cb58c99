package io.picaflor.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Text comes out as soon as it is certain, and not before. */
class StreamingDecoderTest {
  private static final Tokenizer BYTE_LEVEL =
      TinyTokenizers.read(TinyTokenizers.byteLevel("null", TinyTokenizers.LLAMA3_PATTERN));
  private static final Tokenizer GEMMA_LIKE = TinyTokenizers.read(TinyTokenizers.sentencePieceBpe());
  private static final Tokenizer T5_LIKE = TinyTokenizers.read(TinyTokenizers.sentencePieceUnigram());
  private static final Tokenizer LLAMA2_LIKE = TinyTokenizers.read(TinyTokenizers.byteFallback());

  private static List<String> parts(Tokenizer tokenizer, String... pieces) {
    StreamingDecoder decoder = tokenizer.newDecoder();
    List<String> parts = new ArrayList<>();
    for (String piece : pieces) {
      parts.add(decoder.append(tokenizer.idOf(piece).orElseThrow()));
    }
    parts.add(decoder.finish());
    return parts;
  }

  @Test
  void aCharacterComesOutWithItsLastByte() {
    assertEquals(List.of("", "é", ""), parts(GEMMA_LIKE, "<0xC3>", "<0xA9>"));
    assertEquals(List.of("", "", "鳥", "a", ""), parts(GEMMA_LIKE, "<0xE9>", "<0xB3>", "<0xA5>", "a"));
    assertEquals(List.of("", "", "", "🐦", ""), parts(BYTE_LEVEL, "ð", "Ł", "Ĳ", "¦"));
  }

  @Test
  void brokenCharactersBecomeReplacementsAsTheReferenceCountsThem() {
    assertEquals(List.of("", "", "\uFFFD\uFFFDa", ""), parts(GEMMA_LIKE, "<0xE9>", "<0xB3>", "a"),
        "SentencePiece: one for a byte");
    assertEquals(List.of("", "", "\uFFFDa", ""), parts(BYTE_LEVEL, "é", "³", "a"),
        "byte-level: one for a broken character");
    assertEquals(List.of("", "", "", "\uFFFD\uFFFD\uFFFDa", ""), parts(LLAMA2_LIKE, "<0x41>", "<0xE9>", "<0xB3>", "a"),
        "byte fallback: one for each byte of a run that is not whole, good ones too");
    assertEquals(List.of("", "", "\uFFFD\uFFFD"), parts(GEMMA_LIKE, "<0xE9>", "<0xB3>"), "held back until the end");
    assertEquals(List.of("\uFFFD", ""), parts(GEMMA_LIKE, "<0xFF>"), "nothing can follow: certain at once");
    assertEquals(List.of("", "\uFFFD\uFFFD", ""), parts(GEMMA_LIKE, "<0xE0>", "<0x80>"),
        "overlong: certain with the second byte");
    assertEquals(List.of("", "\uFFFD\uFFFD", ""), parts(BYTE_LEVEL, "í", "ł"), "half of a surrogate pair, ED A0");
  }

  @Test
  void onlyTheFirstSpaceOfASequenceIsTheDummyPrefix() {
    assertEquals(List.of("the", " the", ""), parts(T5_LIKE, "▁the", "▁the"));
    assertEquals(List.of("the", " the", ""), parts(LLAMA2_LIKE, "▁the", "▁the"));
    assertEquals(List.of(" the", " the", ""), parts(GEMMA_LIKE, "▁the", "▁the"), "a model without dummy prefix");
    assertEquals(List.of("", "the", ""), parts(T5_LIKE, "<pad>", "▁the"), "control pieces are no text");
  }

  @Test
  void specialTokensAreLeftOutOnRequest() {
    int end = BYTE_LEVEL.idOf("<|im_end|>").orElseThrow();
    int a = BYTE_LEVEL.idOf("a").orElseThrow();
    assertEquals("a<|im_end|>a", BYTE_LEVEL.decode(a, end, a));
    StreamingDecoder decoder = BYTE_LEVEL.newDecoder(true);
    assertEquals("a", decoder.append(a));
    assertEquals("", decoder.append(end));
    assertEquals("a", decoder.append(a));
    int turn = GEMMA_LIKE.idOf("<end_of_turn>").orElseThrow();
    assertEquals("<end_of_turn>", GEMMA_LIKE.decode(turn));
    assertEquals("", GEMMA_LIKE.newDecoder(true).append(turn));
  }

  @Test
  void aDecoderBeginsAnewAfterItsEnd() {
    StreamingDecoder decoder = T5_LIKE.newDecoder();
    int the = T5_LIKE.idOf("▁the").orElseThrow();
    for (int i = 0; i < 2; i++) {
      assertEquals("the", decoder.append(the));
      assertEquals(" the", decoder.append(the));
      assertEquals("", decoder.finish());
    }
  }

  @Test
  void anIdOutsideTheVocabularyIsRefusedAndChangesNothing() {
    for (Tokenizer tokenizer : List.of(GEMMA_LIKE, BYTE_LEVEL)) {
      StreamingDecoder decoder = tokenizer.newDecoder();
      var error = assertThrows(IllegalArgumentException.class, () -> decoder.append(tokenizer.vocabularySize()));
      assertEquals("token id " + tokenizer.vocabularySize() + " is not in the vocabulary: expected 0 to "
          + (tokenizer.vocabularySize() - 1),
          error.getMessage());
      assertThrows(IllegalArgumentException.class, () -> tokenizer.decode(-1));
      assertThrows(IllegalArgumentException.class, () -> tokenizer.pieceOf(-1));
      assertThrows(IllegalArgumentException.class, () -> tokenizer.isSpecial(tokenizer.vocabularySize()));
      assertEquals("a", decoder.append(tokenizer.idOf("a").orElseThrow()));
    }
  }

  @Test
  void whatIsStreamedIsWhatIsDecodedAtOnceForAnyIds() {
    RandomTexts texts = new RandomTexts(11);
    for (Tokenizer tokenizer : List.of(GEMMA_LIKE, BYTE_LEVEL, T5_LIKE, LLAMA2_LIKE)) {
      for (int i = 0; i < 500; i++) {
        int[] ids = texts.ids(tokenizer.vocabularySize());
        StreamingDecoder decoder = tokenizer.newDecoder();
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
          String part = decoder.append(id);
          assertTrue(part.isEmpty() || !Character.isHighSurrogate(part.charAt(part.length() - 1)), "whole code points");
          text.append(part);
        }
        assertEquals(tokenizer.decode(ids), text.append(decoder.finish()).toString());
      }
    }
  }
}
