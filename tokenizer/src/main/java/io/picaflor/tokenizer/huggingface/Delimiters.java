package io.picaflor.tokenizer.huggingface;

import io.picaflor.tokenizer.pattern.CharacterSet;
import io.picaflor.tokenizer.pattern.SplitPattern;

/** Finds the delimiters in a part of a text. Immutable. */
@FunctionalInterface
interface Delimiters {
  /** Takes what was found: delimiters and what stands between them, in order, without gaps. */
  @FunctionalInterface
  interface Sink {
    void part(int start, int end, boolean delimiter);
  }

  void find(String text, int from, int to, Sink sink);

  /** Delimiters become text between, and the other way round. */
  default Delimiters inverted() {
    return (text, from, to, sink) -> find(text, from, to, (start, end, delimiter) -> sink.part(start, end, !delimiter));
  }

  static Delimiters of(SplitPattern pattern) {
    return (text, from, to, sink) -> {
      int at = from;
      for (SplitPattern.Finder finder = pattern.finder(text, from, to); finder.find(); at = finder.end()) {
        if (at < finder.start()) {
          sink.part(at, finder.start(), false);
        }
        sink.part(finder.start(), finder.end(), true);
      }
      if (at < to) {
        sink.part(at, to, false);
      }
    };
  }

  /** @param literal not empty */
  static Delimiters of(String literal) {
    return (text, from, to, sink) -> {
      int at = from;
      for (int found = text.indexOf(literal, at, to); found >= 0; found = text.indexOf(literal, at, to)) {
        if (at < found) {
          sink.part(at, found, false);
        }
        at = found + literal.length();
        sink.part(found, at, true);
      }
      if (at < to) {
        sink.part(at, to, false);
      }
    };
  }

  /** Each character of the set is a delimiter by itself. */
  static Delimiters of(CharacterSet set) {
    return (text, from, to, sink) -> {
      int between = from;
      int at = from;
      while (at < to) {
        int codePoint = text.codePointAt(at);
        int end = at + Character.charCount(codePoint);
        if (set.contains(codePoint)) {
          if (between < at) {
            sink.part(between, at, false);
          }
          sink.part(at, end, true);
          between = end;
        }
        at = end;
      }
      if (between < to) {
        sink.part(between, to, false);
      }
    };
  }
}
