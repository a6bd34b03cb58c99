package io.picaflor.tokenizer.huggingface;

import java.util.Locale;
import java.util.Optional;

/** What becomes of the delimiters that words are split at. */
enum SplitBehavior {
  /** They go. */
  REMOVED,
  /** Each is a word. */
  ISOLATED,
  /** Each ends the word before it. */
  MERGED_WITH_PREVIOUS,
  /** Each begins the word behind it. */
  MERGED_WITH_NEXT,
  /** Those that touch are one word. */
  CONTIGUOUS;

  /** By the name that a tokenizer.json gives it, such as {@code MergedWithNext}. */
  static Optional<SplitBehavior> named(String name) {
    for (SplitBehavior behavior : values()) {
      if (behavior.name().replace("_", "").equals(name.toUpperCase(Locale.ROOT))) {
        return Optional.of(behavior);
      }
    }
    return Optional.empty();
  }

  /** Splits each of {@code words}. */
  Words split(Words words, Delimiters delimiters) {
    Words result = words.withoutWords();
    for (int i = 0; i < words.count(); i++) {
      Splitter splitter = new Splitter(this, result, words.start(i));
      delimiters.find(words.text(), words.start(i), words.end(i), splitter);
      splitter.flush();
    }
    return result;
  }

  /** Joins or drops the parts of one word. */
  private static final class Splitter implements Delimiters.Sink {
    private final SplitBehavior behavior;
    private final Words result;
    private int start;
    private int end;
    private boolean afterDelimiter;

    Splitter(SplitBehavior behavior, Words result, int from) {
      this.behavior = behavior;
      this.result = result;
      start = from;
      end = from;
    }

    @Override
    public void part(int partStart, int partEnd, boolean delimiter) {
      boolean joins = switch (behavior) {
        case REMOVED, ISOLATED -> false;
        case CONTIGUOUS -> delimiter == afterDelimiter;
        case MERGED_WITH_PREVIOUS -> delimiter && !afterDelimiter;
        case MERGED_WITH_NEXT -> afterDelimiter && !delimiter;
      };
      if (!joins) {
        flush();
        start = partStart;
      }
      end = partEnd;
      if (behavior == REMOVED && delimiter) {
        start = end;
      }
      afterDelimiter = delimiter;
    }

    void flush() {
      result.add(start, end);
      start = end;
    }
  }
}
