package io.picaflor.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.tokenizer.TinyTokenizers.Proto;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged and hostile files give one kind of exception, which says what and where; or a tokenizer that works. */
class DamagedTokenizersTest {
  private static final List<String> PROBES = List.of("", " the bird ", "Größe 蜂鸟 😀 <|im_end|> 123\n\n\tx",
      "</s>the <end_of_turn>", "aaaaaaaaaaaaaaaaaaaa");

  static List<byte[]> files() {
    return List.of(TinyTokenizers.sentencePieceBpe(), TinyTokenizers.sentencePieceUnigram(), charsMapped(),
        TinyTokenizers.byteFallback(),
        TinyTokenizers.byteLevel("{\"type\":\"NFC\"}", TinyTokenizers.LLAMA3_PATTERN), TinyTokenizers.unigram(),
        TinyTokenizers.wordPiece());
  }

  /** A model whose character map has one rule, U+00E9 to "e": a double array written by hand. */
  private static byte[] charsMapped() {
    return model(new Proto().blob(2, charsMap()).number(3, 1).number(4, 1));
  }

  private static byte[] charsMap() {
    int[] units = new int[512];
    units[0] = 256 << 10; // the root's children lie at 256 ^ label
    units[256 ^ 0xC3] = 0xC3 | 64 << 10;
    units[256 ^ 0xC3 ^ 64 ^ 0xA9] = 0xA9 | 1 << 8 | 2 << 10; // a value lies at its place ^ 2
    units[256 ^ 0xC3 ^ 64 ^ 0xA9 ^ 2] = 1 << 31;
    byte[] blob = new byte[4 + 4 * units.length + 2];
    writeInt(blob, 0, 4 * units.length);
    for (int i = 0; i < units.length; i++) {
      writeInt(blob, 4 + 4 * i, units[i]);
    }
    blob[blob.length - 2] = 'e';
    return blob;
  }

  private static void writeInt(byte[] bytes, int at, int value) {
    for (int i = 0; i < 4; i++) {
      bytes[at + i] = (byte) (value >>> 8 * i);
    }
  }

  /** A unigram model of a few pieces with this normalizer. */
  private static byte[] model(Proto normalizer) {
    return new Proto().piece("<unk>", 0, 2).piece("<s>", 0, 3).piece("▁", -3, 1).piece("e", -2, 1).piece("t", -2, 1)
        .piece("te", -1, 1)
        .message(3, normalizer).bytes();
  }

  @Test
  void rulesOfTheCharacterMapApply() {
    Tokenizer tokenizer = TinyTokenizers.read(charsMapped());
    assertEquals("te te", tokenizer.decode(tokenizer.encode("té  te")));
  }

  @ParameterizedTest
  @MethodSource("files")
  void cutsAndChangedBytesAreRefusedOrWork(byte[] file) {
    Random random = new Random(file.length);
    int works = 0;
    for (int i = 0; i < 700; i++) {
      byte[] damaged = file.clone();
      for (int changes = random.nextInt(4); changes > 0; changes--) {
        int at = random.nextInt(random.nextBoolean() ? damaged.length : Math.min(damaged.length, 400));
        damaged[at] = random.nextBoolean() ? (byte) random.nextInt() : (byte) (damaged[at] ^ 1 << random.nextInt(8));
      }
      if (random.nextInt(4) == 0) {
        damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length));
      }
      works += works(damaged, random) ? 1 : 0;
    }
    assertTrue(works > 0, "none of them worked: is the file good before it is damaged?");
  }

  private static boolean works(byte[] file, Random random) {
    Tokenizer tokenizer;
    try {
      tokenizer = Tokenizer.of(MemorySegment.ofArray(file));
    } catch (TokenizerFormatException e) {
      assertTrue(e.getMessage() != null && !e.getMessage().contains("\n"), e.getMessage());
      return false;
    }
    for (String text : PROBES) {
      tokenizer.decode(tokenizer.encode(text));
      tokenizer.encode(List.of(new PromptPart(text, true), new PromptPart(text, false)));
    }
    tokenizer.decode(random.ints(20, 0, tokenizer.vocabularySize()).toArray());
    return true;
  }

  @Test
  void everyCutOfASmallModelIsRefusedOrWorks() {
    byte[] file = charsMapped();
    Random random = new Random(1);
    for (int length = 0; length < file.length; length++) {
      works(Arrays.copyOf(file, length), random);
    }
  }

  private static String refusal(byte[] file) {
    return assertThrows(TokenizerFormatException.class, () -> Tokenizer.of(MemorySegment.ofArray(file))).getMessage();
  }

  private static String refusal(String json) {
    return refusal(json.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void messagesSayWhatIsWrongWithASentencePieceModel() {
    Map<byte[], String> files = Map.ofEntries(
        Map.entry(new byte[0], "found 0 bytes without content"),
        Map.entry(new Proto().text(9, "x").bytes(), "has no pieces"),
        Map.entry(new byte[] {0x0A, 100, 0}, "byte 1 (ModelProto): field 1 needs 100 bytes, but 1 are left"),
        Map.entry(new byte[] {0x0A, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF,
          (byte) 0xFF, (byte) 0xFF,
          (byte) 0xFF, 1}, "needs 18446744073709551615 bytes"),
        Map.entry(new Proto().piece("a", 0, 1).bytes(), "no piece has the type unknown"),
        Map.entry(new Proto().piece("a", 0, 2).piece("b", 0, 2).bytes(), "pieces 0 and 1 both have the type unknown"),
        Map.entry(new Proto().piece("u", 0, 2).piece("b", 0, 1).piece("b", 0, 1).bytes(),
            "pieces 1 and 2 are both 'b'"),
        Map.entry(new Proto().piece("u", Float.NaN, 2).bytes(), "piece 0 has the score NaN"),
        Map.entry(new Proto().piece("u", 0, 9).bytes(), "piece 0 has the type 9"),
        Map.entry(new Proto().piece("", 0, 2).bytes(), "piece 0 is empty"),
        Map.entry(new Proto().piece("a".repeat(5000), 0, 2).bytes(), "piece 0 has 5000 bytes; at most 4096"),
        Map.entry(new Proto().piece("u", 0, 2).piece("<0x41>", 0, 6).bytes(), "is a byte, but byte fallback is off"),
        Map.entry(new Proto().piece("u", 0, 2).message(2, new Proto().number(35, 1)).bytes(),
            "there is no piece <0x00>"),
        Map.entry(new Proto().piece("u", 0, 2).message(2, new Proto().number(3, 4)).bytes(),
            "model_type 4 is not supported"),
        Map.entry(new Proto().piece("u", 0, 2).message(5, new Proto().text(2, "map")).bytes(), "a denormalizer"),
        Map.entry(model(new Proto().text(2, "map")), "precompiled_charsmap: has 3 bytes"),
        Map.entry(model(new Proto().blob(2, new byte[] {-1, -1, -1, -1, 0, 0, 0, 0})),
            "its trie has 4294967295 bytes of 4"),
        Map.entry(new byte[] {0x0B}, "wire type 3"));
    files.forEach((file, message) -> assertTrue(refusal(file).contains(message), () -> message + " <- "
        + refusal(file)));
  }

  private static String json(String part, String value) {
    return """
        {"version":"1.0","added_tokens":[],"normalizer":null,"pre_tokenizer":null,"decoder":null,
        "model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}}"""
        .replaceAll("\"" + part + "\":(null|\\[]|\\{\"a\".*?}|\\[\"a b\"]|\"BPE\"|\\{.*)", "\"" + part + "\":" + value);
  }

  @Test
  void messagesSayWhatIsWrongWithATokenizerJson() {
    assertEquals(3, TinyTokenizers.read(json("none", "").getBytes(StandardCharsets.UTF_8)).vocabularySize());
    Map<String, String> files = Map.ofEntries(
        Map.entry("{\"version\":", "tokenizer.json is damaged"),
        Map.entry("{\"version\":\"1.0\"}", "has no model"),
        Map.entry("{\"extra\":1}", "the part 'extra' is not supported"),
        Map.entry("{\"model\":{}} x", "tokenizer.json is damaged"),
        Map.entry("{\"model\":[]}", "tokenizer.json, model: expected an object"),
        Map.entry("{\"model\":" + "[".repeat(100), "expected an object"),
        Map.entry("{\"normalizer\":" + "{\"a\":".repeat(5000), "tokenizer.json is damaged"),
        Map.entry(json("normalizer", "{\"type\":\"Nmt\"}"),
            "tokenizer.json, normalizer: the normalizer 'Nmt' is not supported"),
        Map.entry(json("normalizer",
            "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFC\"},{\"type\":\"Precompiled\"}]}"),
            "normalizer.normalizers[1]: the normalizer 'Precompiled' is not supported"),
        Map.entry(json("normalizer", "{\"type\":\"NFC\",\"odd\":1}"), "the setting 'odd' is not supported"),
        Map.entry(json("normalizer", "{\"type\":7}"), "type is 7.0, expected a string"),
        Map.entry(json("pre_tokenizer", "{\"type\":\"UnicodeScripts\"}"),
            "the pre-tokenizer 'UnicodeScripts' is not supported"),
        Map.entry(json("pre_tokenizer",
            "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(?<=a)\"},\"behavior\":\"Isolated\",\"invert\":false}"),
            "regular expression"),
        Map.entry(json("normalizer", "{\"type\":\"Sequence\",\"normalizers\":["
            + "{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"aa\"},".repeat(40)
            + "{\"type\":\"NFC\"}]}"),
            "normalizer.normalizers[9]: can make a text more than 1000 times longer"),
        Map.entry(json("decoder", "{\"type\":\"CTC\"}"), "the decoder 'CTC' is not supported"),
        Map.entry(json("type", "\"WordLevel\""), "the type 'WordLevel' is not supported"),
        Map.entry(json("vocab", "{\"a\":0,\"b\":-1}"), "the id of 'b' is -1"),
        Map.entry(json("vocab", "{\"a\":0,\"b\":1,\"ab\":1}"), "the id 1 stands there twice"),
        Map.entry(json("vocab", "{\"a\":0,\"a\":1,\"ab\":2}"), "ids 0 and 1 are both 'a'"),
        Map.entry(json("vocab", "{\"a\":0,\"b\":1,\"ab\":2000000000}"),
            "the largest id is 2000000000, but there are only 3 pieces"),
        Map.entry(json("merges", "[\"a c\"]"), "model.merges[0]: 'c' is not in the vocabulary"),
        Map.entry(json("merges", "[\"ab\"]"), "model.merges[0]: has no space"),
        Map.entry(json("merges", "[[\"a\"]]"), "model.merges[0]: is no pair of strings"),
        Map.entry(json("added_tokens", "[{\"id\":1,\"content\":\"x\"}]"),
            "the added token 'x' has the id 1, which is 'b'"),
        Map.entry(json("added_tokens", "[{\"id\":3.5,\"content\":\"x\"}]"), "added_tokens[0]: id is 3.5"),
        Map.entry(json("added_tokens", "[{\"id\":2147483646,\"content\":\"x\"}]"), "the largest id is"));
    files.forEach((file, message) -> assertTrue(refusal(file).contains(message), () -> message + " <- "
        + refusal(file)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\uFEFF {", "\n\t{"})
  void contentTellsATokenizerJsonFromAModel(String start) {
    assertTrue(refusal(start).startsWith("tokenizer.json"), start);
    assertTrue(refusal("\u0001 {").startsWith("SentencePiece"));
  }

  @Test
  void mergesMayStandBeforeTheVocabulary() {
    Tokenizer tokenizer = TinyTokenizers.read("""
        {"model":{"merges":["a b"],"vocab":{"a":0,"ab":2,"b":1},"type":"BPE"}}""".getBytes(StandardCharsets.UTF_8));
    assertEquals(List.of(2, 0), Arrays.stream(tokenizer.encode("aba")).boxed().toList());
  }
}
