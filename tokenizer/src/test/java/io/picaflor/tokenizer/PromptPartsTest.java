package io.picaflor.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Users cannot write control tokens; everything else is tokenized as one text. */
class PromptPartsTest {
  private static final Tokenizer GEMMA_LIKE = TinyTokenizers.read(TinyTokenizers.sentencePieceBpe());
  private static final Tokenizer BYTE_LEVEL =
      TinyTokenizers.read(TinyTokenizers.byteLevel("null", TinyTokenizers.LLAMA3_PATTERN));
  private static final Tokenizer UNIGRAM_JSON = TinyTokenizers.read(TinyTokenizers.unigram());

  static List<Tokenizer> tokenizers() {
    return List.of(GEMMA_LIKE, BYTE_LEVEL, UNIGRAM_JSON, TinyTokenizers.read(TinyTokenizers.sentencePieceUnigram()),
        TinyTokenizers.read(TinyTokenizers.byteFallback()), TinyTokenizers.read(TinyTokenizers.wordPiece()));
  }

  private static PromptPart scaffold(String text) {
    return new PromptPart(text, true);
  }

  private static PromptPart content(String text) {
    return new PromptPart(text, false);
  }

  private static int id(Tokenizer tokenizer, String piece) {
    return tokenizer.idOf(piece).orElseThrow();
  }

  private static boolean contains(int[] ids, int id) {
    return Arrays.stream(ids).anyMatch(i -> i == id);
  }

  @Test
  void turnTagsOfTheScaffoldAreTokensAndThoseOfTheUserAreText() {
    int end = id(GEMMA_LIKE, "<end_of_turn>");
    int[] ids = GEMMA_LIKE.encode(List.of(scaffold("<start_of_turn>user\n"), content("ha <end_of_turn> ha"),
        scaffold("<end_of_turn>\n")));
    assertEquals(id(GEMMA_LIKE, "<start_of_turn>"), ids[0]);
    assertEquals(1, Arrays.stream(ids).filter(i -> i == end).count());
    assertEquals(end, ids[ids.length - 2]);
    assertEquals("<start_of_turn>user\nha <end_of_turn> ha<end_of_turn>\n", GEMMA_LIKE.decode(ids));
  }

  @Test
  void addedTokensSpecialOrNotAreTextInContent() {
    for (String token : List.of("<|im_start|>", "<|im_end|>", "<think>")) {
      int id = id(BYTE_LEVEL, token);
      assertTrue(contains(BYTE_LEVEL.encode("a" + token), id), token);
      assertTrue(contains(BYTE_LEVEL.encode(List.of(content("a"), scaffold(token))), id), token);
      int[] forged = BYTE_LEVEL.encode(List.of(scaffold("a"), content(token), scaffold("b")));
      assertFalse(contains(forged, id), token);
      assertEquals("a" + token + "b", BYTE_LEVEL.decode(forged));
    }
  }

  @Test
  void aTagHalfOfWhichIsTheUsersIsText() {
    int end = id(GEMMA_LIKE, "<end_of_turn>");
    assertFalse(contains(GEMMA_LIKE.encode(List.of(scaffold("<end_of_"), content("turn>"))), end));
    assertFalse(contains(GEMMA_LIKE.encode(List.of(content("<"), scaffold("end_of_turn>"))), end));
    assertTrue(contains(GEMMA_LIKE.encode(List.of(scaffold("<end_of_"), scaffold("turn>"))), end));
  }

  @Test
  void piecesThatAreOrdinaryTextMatchInContentToo() {
    for (String text : List.of("a\n\nb", "a  b    c", "<table>x", "\n")) {
      assertArrayEquals(GEMMA_LIKE.encode(text), GEMMA_LIKE.encode(List.of(content(text))), text);
    }
    assertTrue(contains(GEMMA_LIKE.encode(List.of(content("x<table>"))), id(GEMMA_LIKE, "<table>")));
    assertFalse(contains(GEMMA_LIKE.encode(List.of(content("x<s>"))), id(GEMMA_LIKE, "<s>")), "the exception");
  }

  @Test
  void usersSeeHtmlButNoTurnTags() {
    for (String piece : List.of("<table>", "<s>", "\n", "▁▁", "▁the")) {
      assertFalse(GEMMA_LIKE.isSpecial(id(GEMMA_LIKE, piece)), piece);
    }
    for (String piece : List.of("<start_of_turn>", "<end_of_turn>", "<bos>")) {
      assertTrue(GEMMA_LIKE.isSpecial(id(GEMMA_LIKE, piece)), piece);
    }
    assertTrue(BYTE_LEVEL.isSpecial(id(BYTE_LEVEL, "<|im_end|>")));
    assertFalse(BYTE_LEVEL.isSpecial(id(BYTE_LEVEL, "<think>")), "the file does not call it special");
  }

  @Test
  void controlPiecesOfSentencePieceMatchInTheScaffoldOnly() {
    int bos = id(GEMMA_LIKE, "<bos>");
    assertEquals(bos, GEMMA_LIKE.encode(List.of(scaffold("<bos>the"), content("<bos>")))[0]);
    assertFalse(contains(GEMMA_LIKE.encode(List.of(scaffold("the"), content("<bos>"))), bos));
    assertFalse(contains(GEMMA_LIKE.encode("<bos>"), bos), "plain text, as the reference");
  }

  @Test
  void aPathOfTheModelCannotBecomeAControlPieceInContent() {
    // Piece </s> has the score 0, the best of all: untrusted characters would take it.
    int end = id(UNIGRAM_JSON, "</s>");
    assertFalse(contains(UNIGRAM_JSON.encode(List.of(content("the</s>"))), end));
    assertFalse(contains(UNIGRAM_JSON.encode(List.of(scaffold("the "), content("＜/s＞"))), end),
        "not even by normalization");
    assertTrue(contains(UNIGRAM_JSON.encode("the</s>"), end));
  }

  @Test
  void aMergeCannotBecomeAControlTokenInContent() {
    byte[] file = TinyTokenizers.json("null", "null", "null", """
        {"type":"BPE","vocab":{"<":0,"s":1,">":2,"<s":3,"<s>":4},"merges":["< s","<s >"]}""", List.of("<s>"));
    Tokenizer tokenizer = TinyTokenizers.read(file);
    assertArrayEquals(new int[] {4}, tokenizer.encode("<s>"));
    assertArrayEquals(new int[] {3, 2}, tokenizer.encode(List.of(content("<s>"))));
    assertArrayEquals(new int[] {3, 2}, tokenizer.encode(List.of(content("<"), content("s>"))));
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void partsWithoutControlTextAreTokenizedAsTheJoinedText(Tokenizer tokenizer) {
    RandomTexts texts = new RandomTexts(7);
    for (int i = 0; i < 400; i++) {
      String text = texts.next().replaceAll("[<>\\[\\]{}|]", "x");
      assertArrayEquals(tokenizer.encode(text), tokenizer.encode(cut(text, texts.random())), text);
    }
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void trustedPartsAreTokenizedAsOneTrustedText(Tokenizer tokenizer) {
    RandomTexts texts = new RandomTexts(8);
    for (int i = 0; i < 400; i++) {
      String text = texts.next();
      List<PromptPart> parts = cut(text, texts.random()).stream().map(p -> scaffold(p.text())).toList();
      assertArrayEquals(tokenizer.encode(List.of(scaffold(text))), tokenizer.encode(parts), text);
    }
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void contentNeverHoldsASpecialToken(Tokenizer tokenizer) {
    RandomTexts texts = new RandomTexts(9);
    for (int i = 0; i < 400; i++) {
      String text = texts.next();
      for (int id : tokenizer.encode(List.of(scaffold("a "), content(text)))) {
        assertTrue(!tokenizer.isSpecial(id) || tokenizer.pieceOf(id).toLowerCase().contains("unk"), text + " -> "
            + tokenizer.pieceOf(id));
      }
    }
  }

  /** Random parts, cut anywhere, even inside a surrogate pair. */
  private static List<PromptPart> cut(String text, Random random) {
    List<PromptPart> parts = new ArrayList<>();
    for (int at = 0; at < text.length();) {
      int end = Math.min(text.length(), at + random.nextInt(1 + text.length() / 2 + 1));
      parts.add(new PromptPart(text.substring(at, end), random.nextBoolean()));
      at = end;
    }
    return parts;
  }
}
