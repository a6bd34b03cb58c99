package io.picaflor.tokenizer.huggingface;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.pattern.CharacterSet;
import io.picaflor.tokenizer.pattern.UnicodeSets;
import io.picaflor.tokenizer.pattern.SplitPattern;
import java.util.ArrayList;
import java.util.List;

/** Cuts a text into the words that a model sees one by one. Immutable. */
@FunctionalInterface
interface PreTokenizer {
  Words split(Words words);

  /** GPT-2's expression, which {@code ByteLevel} splits by unless told not to. */
  String BYTE_LEVEL_PATTERN = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

  /** A pre-tokenizer, and whether its words are to be read as bytes. */
  record Plan(PreTokenizer preTokenizer, boolean byteLevel) {}

  static Plan of(Settings settings) throws TokenizerFormatException {
    if (settings == null) {
      return new Plan(words -> words, false);
    }
    String type = settings.type();
    Plan plan = switch (type) {
      case "Sequence" -> sequence(settings);
      case "ByteLevel" -> byteLevel(settings);
      case "Split" -> split(settings);
      case "Digits" -> by(UnicodeSets.property("N").orElseThrow(), settings.flag("individual_digits", false)
          ? SplitBehavior.ISOLATED
          : SplitBehavior.CONTIGUOUS);
      case "Metaspace" -> metaspace(settings);
      case "WhitespaceSplit" -> by(UnicodeSets.WHITE_SPACE, SplitBehavior.REMOVED);
      case "Whitespace" -> {
        Delimiters gaps = Delimiters.of(new SplitPattern("\\w+|[^\\w\\s]+")).inverted();
        yield words(words -> SplitBehavior.REMOVED.split(words, gaps));
      }
      case "Punctuation" -> by(punctuation(), settings.has("behavior") ? behavior(settings) : SplitBehavior.ISOLATED);
      case "BertPreTokenizer" -> {
        Delimiters spaces = Delimiters.of(UnicodeSets.WHITE_SPACE);
        Delimiters marks = Delimiters.of(punctuation());
        yield words(words -> SplitBehavior.ISOLATED.split(SplitBehavior.REMOVED.split(words, spaces), marks));
      }
      default -> throw settings.error("the pre-tokenizer '" + type + "' is not supported");
    };
    settings.end();
    return plan;
  }

  // No constant: lambdas of an interface that has something to initialize are made anew in each process.
  private static CharacterSet punctuation() {
    return UnicodeSets.property("P").orElseThrow().or(c -> c < 0x80 && c > ' ' && c != 0x7F
        && !Character.isLetterOrDigit(c));
  }

  private static Plan words(PreTokenizer preTokenizer) {
    return new Plan(preTokenizer, false);
  }

  private static Plan by(CharacterSet set, SplitBehavior behavior) {
    Delimiters delimiters = Delimiters.of(set);
    return words(words -> behavior.split(words, delimiters));
  }

  private static Plan sequence(Settings settings) throws TokenizerFormatException {
    List<PreTokenizer> parts = new ArrayList<>();
    boolean byteLevel = false;
    for (Settings part : settings.list("pretokenizers")) {
      if (byteLevel) {
        throw part.error("a pre-tokenizer behind ByteLevel is not supported");
      }
      Plan plan = of(part);
      parts.add(plan.preTokenizer());
      byteLevel = plan.byteLevel();
    }
    return new Plan(words -> {
      Words result = words;
      for (PreTokenizer part : parts) {
        result = part.split(result);
      }
      return result;
    }, byteLevel);
  }

  private static Plan byteLevel(Settings settings) throws TokenizerFormatException {
    boolean prefix = settings.flag("add_prefix_space", true);
    boolean split = settings.flag("use_regex", true);
    settings.ignore("trim_offsets"); // of use for offsets only
    Delimiters delimiters = split ? Delimiters.of(new SplitPattern(BYTE_LEVEL_PATTERN)) : null;
    return new Plan(words -> {
      Words prefixed = prefix ? rewritten(words, (word, _) -> word.startsWith(" ") ? word : " " + word) : words;
      return split ? SplitBehavior.ISOLATED.split(prefixed, delimiters) : prefixed;
    }, true);
  }

  private static Plan split(Settings settings) throws TokenizerFormatException {
    SplitBehavior behavior = behavior(settings);
    Settings pattern = settings.object("pattern");
    Delimiters found;
    if (pattern.has("String")) {
      String literal = pattern.string("String");
      if (literal.isEmpty()) {
        throw pattern.error("an empty pattern is not supported");
      }
      found = Delimiters.of(literal);
    } else {
      found = Delimiters.of(new SplitPattern(pattern.string("Regex")));
    }
    pattern.end();
    Delimiters delimiters = settings.flag("invert", false) ? found.inverted() : found;
    return words(words -> behavior.split(words, delimiters));
  }

  private static SplitBehavior behavior(Settings settings) throws TokenizerFormatException {
    String name = settings.string("behavior");
    return SplitBehavior.named(name).orElseThrow(() -> settings.error("the behavior '" + name + "' is not supported"));
  }

  private static Plan metaspace(Settings settings) throws TokenizerFormatException {
    Metaspace metaspace = Metaspace.of(settings);
    boolean split = settings.flag("split", true);
    String mark = metaspace.replacement();
    Delimiters marks = Delimiters.of(mark);
    return words(words -> {
      Words marked = rewritten(words, (word, atTextStart) -> {
        String replaced = word.replace(" ", mark);
        return metaspace.prefixes(atTextStart) && !replaced.startsWith(mark) ? mark + replaced : replaced;
      });
      return split ? SplitBehavior.MERGED_WITH_NEXT.split(marked, marks) : marked;
    });
  }

  /** What becomes of a word, told whether it begins the text. */
  @FunctionalInterface
  interface Rewriting {
    String rewrite(String word, boolean atTextStart);
  }

  private static Words rewritten(Words words, Rewriting rewriting) {
    StringBuilder text = new StringBuilder();
    int[] ends = new int[words.count()];
    for (int i = 0; i < words.count(); i++) {
      boolean atTextStart = words.atTextStart() && words.start(i) == 0;
      text.append(rewriting.rewrite(words.text().substring(words.start(i), words.end(i)), atTextStart));
      ends[i] = text.length();
    }
    Words result = new Words(text.toString(), words.atTextStart());
    for (int i = 0; i < ends.length; i++) {
      result.add(i == 0 ? 0 : ends[i - 1], ends[i]);
    }
    return result;
  }
}
