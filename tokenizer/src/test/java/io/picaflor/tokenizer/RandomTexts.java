package io.picaflor.tokenizer;

import java.util.List;
import java.util.Random;

/** Texts such as people, programs and mischief makers write, from a seed. */
final class RandomTexts {
  private static final List<String> WORDS = List.of("the", "bird", "flower", "hummingbirds", "backwards", "It's",
      "we'll", "THEY'VE",
      "don't", "I'm", "Größe", "été", "e\u0301te\u0301", "où", "mañana", "колибри", "蜂鸟停在红花前面", "ハチドリ", "벌새는",
      "नमस्ते", "ไทย", "العربية",
      "123", "3.14159", "1234567", "٣٤٥", "Ⅷ½²", "x=1;", "foo_bar()", "->", "!!!", "...", "\"quoted\"",
      "https://example.org/a?b=c", "😀", "👩🏽‍🚀",
      "🇨🇱", "<|im_end|>", "<|im_start|>", "<think>", "</s>", "<s>", "<unk>", "[SEP]", "[UNK]", "<end_of_turn>",
      "<table>", "<0x41>",
      "Ġthe", "▁the", "▁▁", "##ing", "ﬁ", "Ａ１", "ſ", "İ", "ß", "'ſ");

  private static final List<String> GAPS = List.of(" ", " ", " ", " ", " ", "", "", "  ", "    ", "\n", "\n\n", "\r\n",
      "\t", " \n ", "\u00A0",
      "\u3000", "\u2028", "\u0085", "\u200B", "\u200D", "\uFEFF", "\u0301");

  private final Random random;

  RandomTexts(long seed) {
    random = new Random(seed);
  }

  String next() {
    StringBuilder text = new StringBuilder();
    int parts = random.nextInt(9);
    for (int i = 0; i < parts; i++) {
      switch (random.nextInt(12)) {
        case 0 -> randomCharacters(text);
        case 1 -> text.append("abcdefghijklmnopqrstuvwxyz".charAt(random.nextInt(26)));
        case 2 -> text.append(String.valueOf((char) (' ' + random.nextInt(95))).repeat(1 + random.nextInt(60)));
        default -> text.append(WORDS.get(random.nextInt(WORDS.size())));
      }
      text.append(GAPS.get(random.nextInt(GAPS.size())));
    }
    return text.toString();
  }

  /** Any characters that Unicode had assigned long ago: newer ones depend on each library's Unicode version. */
  private void randomCharacters(StringBuilder text) {
    for (int i = random.nextInt(8); i >= 0; i--) {
      int[] blocks = {0x00, 0xC0, 0x370, 0x400, 0x5D0, 0x627, 0x905, 0xE01, 0x1100, 0x2010, 0x20A0, 0x2190, 0x2200,
        0x2500, 0x3041,
        0x4E00, 0xAC00, 0xFF01, 0x10330, 0x1D400, 0x1F600, 0x20000};
      text.appendCodePoint(blocks[random.nextInt(blocks.length)] + random.nextInt(26));
    }
  }

  int[] ids(int vocabularySize) {
    return random.ints(random.nextInt(12), 0, vocabularySize).toArray();
  }

  Random random() {
    return random;
  }
}
