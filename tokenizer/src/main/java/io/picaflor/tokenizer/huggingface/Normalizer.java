package io.picaflor.tokenizer.huggingface;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.pattern.UnicodeSets;
import io.picaflor.tokenizer.pattern.SplitPattern;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.List;

/** Rewrites a text before it is cut into words. Immutable. */
@FunctionalInterface
interface Normalizer {
  String normalize(String text);

  /** How many times longer than the text a file's replacements may make it, all in a row. */
  int MAX_GROWTH = 1000;

  /** Keeps account of how much longer the parts of a normalizer or decoder can make a text. For one file. */
  final class Growth {
    private long factor = 1;

    void multiply(Settings settings, int by) throws TokenizerFormatException {
      factor *= Math.max(1, by);
      if (factor > MAX_GROWTH) {
        throw settings.error("can make a text more than " + MAX_GROWTH + " times longer");
      }
    }
  }

  static Normalizer of(Settings settings) throws TokenizerFormatException {
    return settings == null ? text -> text : of(settings, new Growth());
  }

  private static Normalizer of(Settings settings, Growth growth) throws TokenizerFormatException {
    String type = settings.type();
    Normalizer normalizer = switch (type) {
      case "Sequence" -> sequence(settings, growth);
      case "NFC" -> form(Form.NFC);
      case "NFD" -> form(Form.NFD);
      case "NFKC" -> form(Form.NFKC);
      case "NFKD" -> form(Form.NFKD);
      case "Lowercase" -> Normalizer::lowerCase;
      case "StripAccents" -> text -> text.codePoints()
          .filter(c -> !isMark(c))
          .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
      case "Strip" -> strip(settings.flag("strip_left", true), settings.flag("strip_right", true));
      case "Prepend" -> prepend(settings, growth);
      case "Replace" -> replace(settings, growth);
      case "BertNormalizer" -> bert(settings);
      default -> throw settings.error("the normalizer '" + type + "' is not supported");
    };
    settings.end();
    return normalizer;
  }

  private static Normalizer sequence(Settings settings, Growth growth) throws TokenizerFormatException {
    List<Normalizer> parts = new ArrayList<>();
    for (Settings part : settings.list("normalizers")) {
      parts.add(of(part, growth));
    }
    return text -> {
      String result = text;
      for (Normalizer part : parts) {
        result = part.normalize(result);
      }
      return result;
    };
  }

  private static Normalizer form(Form form) {
    return text -> java.text.Normalizer.normalize(text, form);
  }

  private static Normalizer strip(boolean left, boolean right) {
    return text -> {
      int from = 0;
      int to = text.length();
      while (left && from < to && UnicodeSets.WHITE_SPACE.contains(text.charAt(from))) {
        from++;
      }
      while (right && from < to && UnicodeSets.WHITE_SPACE.contains(text.charAt(to - 1))) {
        to--;
      }
      return text.substring(from, to);
    };
  }

  private static Normalizer prepend(Settings settings, Growth growth) throws TokenizerFormatException {
    String prefix = settings.string("prepend");
    growth.multiply(settings, 1 + prefix.length());
    return text -> text.isEmpty() ? text : prefix + text;
  }

  /** The {@code Replace} of a normalizer or a decoder. */
  static Normalizer replace(Settings settings, Growth growth) throws TokenizerFormatException {
    String content = settings.string("content");
    Settings pattern = settings.object("pattern");
    Normalizer normalizer;
    if (pattern.has("String")) {
      String target = pattern.string("String");
      growth.multiply(settings, target.isEmpty() ? 1 : (content.length() + target.length() - 1) / target.length());
      // An empty pattern matches nothing in the reference.
      normalizer = target.isEmpty() ? text -> text : text -> text.replace(target, content);
    } else {
      growth.multiply(settings, 1 + content.length()); // empty matches may stand between any two characters
      SplitPattern expression = new SplitPattern(pattern.string("Regex"));
      normalizer = text -> replace(text, expression, content);
    }
    pattern.end();
    return normalizer;
  }

  private static String replace(String text, SplitPattern pattern, String content) {
    StringBuilder result = new StringBuilder();
    int at = 0;
    for (SplitPattern.Finder finder = pattern.finder(text, 0, text.length()); finder.find(); at = finder.end()) {
      result.append(text, at, finder.start()).append(content);
    }
    return result.append(text, at, text.length()).toString();
  }

  /** Each code point by itself, without the rules that look at its neighbours, as the reference does it. */
  private static String lowerCase(String text) {
    StringBuilder result = new StringBuilder(text.length());
    text.codePoints().forEach(c -> {
      if (c == '\u0130') {
        result.append("i\u0307"); // the one code point whose lower case is two
      } else {
        result.appendCodePoint(Character.toLowerCase(c));
      }
    });
    return result.toString();
  }

  private static boolean isMark(int codePoint) {
    return UnicodeSets.property("M").orElseThrow().contains(codePoint);
  }

  private static Normalizer bert(Settings settings) throws TokenizerFormatException {
    boolean clean = settings.flag("clean_text", true);
    boolean chinese = settings.flag("handle_chinese_chars", true);
    boolean lower = settings.flag("lowercase", true);
    boolean accents = settings.flag("strip_accents", lower);
    return text -> {
      String result = text;
      if (clean || chinese) {
        result = cleanBert(result, clean, chinese);
      }
      if (accents) {
        result = java.text.Normalizer.normalize(result, Form.NFD).codePoints()
            .filter(c -> Character.getType(c) != Character.NON_SPACING_MARK)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
      }
      return lower ? lowerCase(result) : result;
    };
  }

  private static String cleanBert(String text, boolean clean, boolean chinese) {
    StringBuilder result = new StringBuilder(text.length() + 16);
    text.codePoints().forEach(c -> {
      boolean breaks = c == '\t' || c == '\n' || c == '\r';
      if (clean && (c == 0 || c == 0xFFFD || !breaks && isOther(c))) {
        return;
      }
      if (clean && (breaks || UnicodeSets.WHITE_SPACE.contains(c))) {
        result.append(' ');
      } else if (chinese && isChinese(c)) {
        result.append(' ').appendCodePoint(c).append(' ');
      } else {
        result.appendCodePoint(c);
      }
    });
    return result.toString();
  }

  private static boolean isOther(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE -> true;
      default -> false;
    };
  }

  /** The blocks that BERT's tokenizer lists; U+2B920 is its own slip for U+2B820. */
  private static boolean isChinese(int c) {
    return c >= 0x4E00 && c <= 0x9FFF || c >= 0x3400 && c <= 0x4DBF || c >= 0x20000 && c <= 0x2A6DF
        || c >= 0x2A700 && c <= 0x2B73F || c >= 0x2B740 && c <= 0x2B81F || c >= 0x2B920 && c <= 0x2CEAF
        || c >= 0xF900 && c <= 0xFAFF || c >= 0x2F800 && c <= 0x2FA1F;
  }
}
