package io.picaflor.tokenizer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Small tokenizer files of every kind, trained on a few sentences while the tests run. */
final class TinyTokenizers {
  static final String CORPUS = """
      the small bird hung in the air before the red flower and drank and then it flew backwards over the other flowers
      when the rain had stopped the garden smelled of wet earth and mint nobody spoke for a while then the oldest of
      them said that hummingbirds remember every flower they have ever seen and the time when it will be full again
      der kolibri fliegt rückwärts über die blüten ça a été déjà vu où était-ce mañana el picaflor bebe el néctar
      колибри самая маленькая птица 蜂鸟 停在 红花 前面 ハチドリ は 花 の 前 で 止まった
      int main void return for while if else 123 456 2026 it's we'll they've don't I'm he'd can't the the the
      """;

  static final String LLAMA3_PATTERN =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
          + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  /** Merges in order, each two pieces. */
  private record Merges(List<String> alphabet, List<String[]> pairs) {}

  private TinyTokenizers() {}

  static Tokenizer read(byte[] file) {
    try {
      return Tokenizer.of(MemorySegment.ofArray(file));
    } catch (TokenizerFormatException e) {
      throw new AssertionError(e);
    }
  }

  /** Byte-level BPE with the given normalizer and expression, as in Llama 3 or Qwen. */
  static byte[] byteLevel(String normalizer, String pattern) {
    List<String> words = new ArrayList<>();
    for (String word : CORPUS.split("(?=\\s)")) {
      StringBuilder mapped = new StringBuilder();
      for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
        mapped.append(byteCharacter(b & 0xFF));
      }
      words.add(mapped.toString());
    }
    List<String> alphabet = new ArrayList<>();
    for (int b = 0; b < 256; b++) {
      alphabet.add(String.valueOf(byteCharacter(b)));
    }
    Merges merges = train(words, alphabet, 300);
    return json(normalizer, """
        {"type":"Sequence","pretokenizers":[
        {"type":"Split","pattern":{"Regex":%s},"behavior":"Isolated","invert":false},
        {"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]}"""
        .formatted(quoted(pattern)),
        "{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true,\"use_regex\":true}",
        bpe(merges, List.of(), "\"byte_fallback\":false,\"ignore_merges\":true"),
        List.of("<|im_start|>", "<|im_end|>", "<think>"));
  }

  /** BPE of characters with byte fallback, as in Llama 2. */
  static byte[] byteFallback() {
    List<String> first = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    for (int b = 0; b < 256; b++) {
      first.add(String.format("<0x%02X>", b));
    }
    Merges merges = train(List.of(CORPUS.replace("\n", "").split("(?= )")).stream().map(w -> w.replace(' ', '▁'))
        .toList(), null, 300);
    return json("""
        {"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},
        {"type":"Replace","pattern":{"String":" "},"content":"▁"}]}""",
        "null", """
            {"type":"Sequence","decoders":[
            {"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},
            {"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}""",
        bpe(merges, first, "\"unk_token\":\"<unk>\",\"fuse_unk\":true,\"byte_fallback\":true"),
        List.of("<unk>", "<s>", "</s>"));
  }

  static byte[] unigram() {
    StringBuilder model =
        new StringBuilder("{\"type\":\"Unigram\",\"unk_id\":2,\"byte_fallback\":false,\"vocab\":"
            + "[[\"<pad>\",0.0],[\"</s>\",0.0],[\"<unk>\",0.0]");
    int rank = 0;
    for (String piece : pieces()) {
      model.append(",[").append(quoted(piece)).append(',').append(score(rank++, piece)).append(']');
    }
    return json("{\"type\":\"NFKC\"}",
        "{\"type\":\"Metaspace\",\"replacement\":\"▁\",\"prepend_scheme\":\"always\",\"split\":true}",
        "{\"type\":\"Metaspace\",\"replacement\":\"▁\",\"prepend_scheme\":\"always\",\"split\":true}", model + "]}",
        List.of("<pad>", "</s>", "<unk>"));
  }

  static byte[] wordPiece() {
    Set<String> vocabulary = new LinkedHashSet<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]"));
    for (String piece : pieces()) {
      vocabulary.add(piece.replace("▁", ""));
      vocabulary.add("##" + piece.replace("▁", ""));
    }
    vocabulary.remove("");
    vocabulary.remove("##");
    StringBuilder model = new StringBuilder(
        "{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"continuing_subword_prefix\":\"##\","
            + "\"max_input_chars_per_word\":20,\"vocab\":{");
    int id = 0;
    for (String piece : vocabulary) {
      model.append(id == 0 ? "" : ",").append(quoted(piece)).append(':').append(id++);
    }
    return json("{\"type\":\"BertNormalizer\",\"clean_text\":true,\"handle_chinese_chars\":true,"
        + "\"strip_accents\":null,\"lowercase\":true}",
        "{\"type\":\"BertPreTokenizer\"}", "{\"type\":\"WordPiece\",\"prefix\":\"##\",\"cleanup\":true}", model + "}}",
        List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]"));
  }

  /** Gemma-like: no dummy prefix, byte fallback, user-defined turn tags, line breaks, spaces and an HTML tag. */
  static byte[] sentencePieceBpe() {
    return sentencePiece(2, false, false,
        List.of("<start_of_turn>", "<end_of_turn>", "\n", "\n\n", "▁▁", "▁▁▁▁", "<table>", "<s>"), "");
  }

  /** T5-like: dummy prefix, extra spaces removed, no byte fallback. */
  static byte[] sentencePieceUnigram() {
    return sentencePiece(1, true, true, List.of("<extra_id_0>"), "");
  }

  static byte[] sentencePiece(int modelType, boolean prefix, boolean removeExtra, List<String> userDefined,
      String extra) {
    Proto file = new Proto();
    boolean fallback = modelType == 2;
    file.piece("<pad>", 0, 3).piece("<eos>", 0, 3).piece("<bos>", 0, 3).piece("<unk>", 0, 2);
    for (String piece : userDefined) {
      file.piece(piece, 0, 4);
    }
    for (int b = 0; b < 256 && fallback; b++) {
      file.piece(String.format("<0x%02X>", b), 0, 6);
    }
    int rank = 0;
    for (String piece : pieces()) {
      if (!userDefined.contains(piece)) {
        file.piece(piece, modelType == 2 ? -rank : (float) score(rank, piece), 1);
        rank++;
      }
    }
    file.message(2, new Proto().number(3, modelType).number(35, fallback ? 1 : 0));
    file.message(3, new Proto().text(1, "identity" + extra).number(3, prefix ? 1 : 0).number(4, removeExtra ? 1 : 0)
        .number(5, 1));
    return file.bytes();
  }

  /** Writes protobuf messages. */
  static final class Proto {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Proto piece(String text, float score, int type) {
      Proto piece = new Proto().text(1, text);
      piece.varint(2 << 3 | 5);
      int bits = Float.floatToRawIntBits(score);
      for (int i = 0; i < 4; i++) {
        piece.out.write(bits >>> 8 * i);
      }
      return message(1, piece.number(3, type));
    }

    Proto number(int field, long value) {
      varint(field << 3);
      varint(value);
      return this;
    }

    Proto text(int field, String text) {
      return blob(field, text.getBytes(StandardCharsets.UTF_8));
    }

    Proto message(int field, Proto message) {
      return blob(field, message.bytes());
    }

    Proto blob(int field, byte[] bytes) {
      varint(field << 3 | 2);
      varint(bytes.length);
      out.writeBytes(bytes);
      return this;
    }

    byte[] bytes() {
      return out.toByteArray();
    }

    private void varint(long value) {
      long rest = value;
      while ((rest & ~0x7FL) != 0) {
        out.write((int) (rest & 0x7F | 0x80));
        rest >>>= 7;
      }
      out.write((int) rest);
    }
  }

  static byte[] json(String normalizer, String preTokenizer, String decoder, String model, List<String> special) {
    StringBuilder added = new StringBuilder();
    Map<String, Integer> ids = idsIn(model);
    int next = ids.values().stream().mapToInt(i -> i + 1).max().orElse(0);
    for (String token : special) {
      int id = ids.containsKey(token) ? ids.get(token) : next++;
      added.append(added.isEmpty() ? "" : ",").append("""
          {"id":%d,"content":%s,"single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":%b}"""
          .formatted(id, quoted(token), !token.equals("<think>")));
    }
    return """
        {"version":"1.0","truncation":null,"padding":null,"added_tokens":[%s],"normalizer":%s,"pre_tokenizer":%s,
        "post_processor":null,"decoder":%s,"model":%s}"""
        .formatted(added, normalizer, preTokenizer, decoder, model).getBytes(StandardCharsets.UTF_8);
  }

  /** The pieces' ids in a model's JSON text: by position in a list, as written in an object. */
  private static Map<String, Integer> idsIn(String model) {
    Map<String, Integer> ids = new LinkedHashMap<>();
    try (var json = new JsonFactory().createParser(model)) {
      boolean list = false;
      int position = 0;
      for (var token = json.nextToken(); token != null; token = json.nextToken()) {
        switch (token) {
          case FIELD_NAME -> {
            if (json.currentName().equals("merges")) {
              return ids;
            }
          }
          case START_ARRAY -> list = true;
          case VALUE_STRING -> {
            if (list) {
              ids.put(json.getText(), position++);
            }
          }
          case VALUE_NUMBER_INT -> {
            if (!json.currentName().equals("unk_id")) {
              ids.put(json.currentName(), json.getIntValue());
            }
          }
          default -> {} // punctuation
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ids;
  }

  private static String bpe(Merges merges, List<String> first, String settings) {
    Set<String> vocabulary = new LinkedHashSet<>(first);
    vocabulary.addAll(merges.alphabet());
    merges.pairs().forEach(pair -> vocabulary.add(pair[0] + pair[1]));
    StringBuilder model =
        new StringBuilder("{\"type\":\"BPE\",\"dropout\":null,\"continuing_subword_prefix\":null,"
            + "\"end_of_word_suffix\":null,")
            .append(settings).append(",\"vocab\":{");
    int id = 0;
    for (String piece : vocabulary) {
      model.append(id == 0 ? "" : ",").append(quoted(piece)).append(':').append(id++);
    }
    model.append("},\"merges\":[");
    String separator = "";
    for (String[] pair : merges.pairs()) {
      model.append(separator).append('[').append(quoted(pair[0])).append(',').append(quoted(pair[1])).append(']');
      separator = ",";
    }
    return model.append("]}").toString();
  }

  /** Characters and merged pieces of the corpus, the most useful last. */
  private static List<String> pieces() {
    Merges merges = train(List.of(CORPUS.replace("\n", "").split("(?= )")).stream().map(w -> w.replace(' ', '▁'))
        .toList(), null, 300);
    Set<String> pieces = new LinkedHashSet<>(merges.alphabet());
    merges.pairs().forEach(pair -> pieces.add(pair[0] + pair[1]));
    return List.copyOf(pieces);
  }

  private static double score(int rank, String piece) {
    return -12 + piece.length() * 0.9 - rank * 0.003;
  }

  private static Merges train(List<String> words, List<String> alphabet, int count) {
    List<List<String>> split = new ArrayList<>();
    Set<String> characters = new LinkedHashSet<>();
    for (String word : words) {
      List<String> symbols = new ArrayList<>(word.codePoints().mapToObj(Character::toString).toList());
      characters.addAll(symbols);
      split.add(symbols);
    }
    List<String[]> merges = new ArrayList<>();
    while (merges.size() < count) {
      Map<String, Integer> counts = new LinkedHashMap<>();
      for (List<String> symbols : split) {
        for (int i = 0; i + 1 < symbols.size(); i++) {
          counts.merge(symbols.get(i) + "\n" + symbols.get(i + 1), 1, Integer::sum);
        }
      }
      var best = counts.entrySet().stream().max(Map.Entry.comparingByValue());
      if (best.isEmpty()) {
        break;
      }
      String[] pair = best.get().getKey().split("\n");
      merges.add(pair);
      for (List<String> symbols : split) {
        for (int i = 0; i + 1 < symbols.size(); i++) {
          if (symbols.get(i).equals(pair[0]) && symbols.get(i + 1).equals(pair[1])) {
            symbols.set(i, pair[0] + pair[1]);
            symbols.remove(i + 1);
          }
        }
      }
    }
    return new Merges(alphabet == null ? List.copyOf(characters) : alphabet, merges);
  }

  /** GPT-2's character for a byte, written down here once more so that the tests do not trust the code they test. */
  private static char byteCharacter(int b) {
    int hidden = 0;
    for (int c = 0; c < 256; c++) {
      boolean shown = c >= '!' && c <= '~' || c >= 0xA1 && c <= 0xAC || c >= 0xAE;
      if (c == b) {
        return (char) (shown ? c : 256 + hidden);
      }
      hidden += shown ? 0 : 1;
    }
    throw new IllegalArgumentException(String.valueOf(b));
  }

  static String quoted(String text) {
    StringWriter out = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
      json.writeString(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toString();
  }
}
