package io.picaflor.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.sentencepiece.SpTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Ten thousand generated texts become the same ids as in the reference libraries, which DJL packs for the JVM.
 *
 * <p>DJL's SentencePiece judges encoding only: its decoding breaks text outside the Basic Multilingual Plane.
 */
class ReferenceOracleTest {
  private static final int TEXTS = 1300;
  private static final int TEXTS_PER_GOLDEN = 300;
  private static final long SEED = 20261123;

  private static final String O200K_PATTERN =
      "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
          + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?"
          + "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*"
          + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private static final String POSSESSIVE_PATTERN =
      "(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*"
          + "|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";

  @TestFactory
  List<DynamicTest> tokenizerJsonEncodesAndDecodesAsHuggingFace() throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("byte-level BPE, Llama 3's expression", TinyTokenizers.byteLevel("null", TinyTokenizers.LLAMA3_PATTERN));
    files.put("byte-level BPE, o200k's expression, NFC", TinyTokenizers.byteLevel("{\"type\":\"NFC\"}", O200K_PATTERN));
    files.put("byte-level BPE, possessive quantifiers", TinyTokenizers.byteLevel("null", POSSESSIVE_PATTERN));
    files.put("BPE with byte fallback", TinyTokenizers.byteFallback());
    files.put("unigram", TinyTokenizers.unigram());
    files.put("WordPiece", TinyTokenizers.wordPiece());
    if (GoldenCases.present()) {
      for (Path folder : GoldenCases.folders()) {
        if (folder.getFileName().toString().startsWith("hf-")) {
          files.put(folder.getFileName().toString(), GoldenCases.data(folder));
        }
      }
    }
    List<DynamicTest> tests = new ArrayList<>();
    files.forEach((name, file) -> tests.add(dynamicTest(name, () -> compareWithHuggingFace(file, texts(name)))));
    return tests;
  }

  private static void compareWithHuggingFace(byte[] file, int count) throws IOException {
    Tokenizer ours = TinyTokenizers.read(file);
    RandomTexts texts = new RandomTexts(SEED);
    try (HuggingFaceTokenizer reference = HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(file),
        Map.of("addSpecialTokens", "false", "truncation", "DO_NOT_TRUNCATE", "padding", "false"))) {
      for (int i = 0; i < count; i++) {
        String text = texts.next();
        long[] expected = reference.encode(text).getIds();
        assertArrayEquals(Arrays.stream(expected).mapToInt(Math::toIntExact).toArray(), ours.encode(text),
            () -> escaped(text));
        int[] ids = texts.ids(ours.vocabularySize());
        String decoded = reference.decode(Arrays.stream(ids).asLongStream().toArray(), false);
        assertEquals(decoded, ours.decode(ids), () -> Arrays.toString(ids));
      }
    }
  }

  @TestFactory
  List<DynamicTest> sentencePieceEncodesAsTheReference() throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("BPE", TinyTokenizers.sentencePieceBpe());
    files.put("unigram", TinyTokenizers.sentencePieceUnigram());
    if (GoldenCases.present()) {
      for (Path folder : GoldenCases.folders()) {
        if (folder.getFileName().toString().startsWith("spm-")) {
          files.put(folder.getFileName().toString(), GoldenCases.data(folder));
        }
      }
    }
    List<DynamicTest> tests = new ArrayList<>();
    files.forEach((name, file) -> tests.add(dynamicTest(name, () -> compareWithSentencePiece(file, texts(name)))));
    return tests;
  }

  private static void compareWithSentencePiece(byte[] file, int count) throws IOException {
    Tokenizer ours = TinyTokenizers.read(file);
    RandomTexts texts = new RandomTexts(SEED);
    Path copy = Files.createTempFile(Files.createDirectories(Path.of("target", "oracle")), "tokenizer", ".model");
    Files.write(copy, file);
    try (SpTokenizer reference = new SpTokenizer(copy)) {
      for (int i = 0; i < count; i++) {
        String text = texts.next();
        assertArrayEquals(reference.getProcessor().encode(text), ours.encode(text), () -> escaped(text));
      }
    } finally {
      Files.delete(copy);
    }
  }

  private static int texts(String name) {
    return name.contains("-") && !name.contains(" ") ? TEXTS_PER_GOLDEN : TEXTS;
  }

  private static String escaped(String text) {
    StringBuilder escaped = new StringBuilder();
    text.chars()
        .forEach(c -> escaped.append(c > ' ' && c < 0x7F ? String.valueOf((char) c) : String.format("\\u%04x", c)));
    return escaped.toString();
  }
}
