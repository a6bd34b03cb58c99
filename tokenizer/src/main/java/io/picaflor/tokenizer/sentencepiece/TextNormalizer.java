package io.picaflor.tokenizer.sentencepiece;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.form.FormReader;
import io.picaflor.tokenizer.form.FormWriter;
import io.picaflor.tokenizer.piece.TrustedRanges;
import io.picaflor.tokenizer.piece.Utf8Buffer;
import java.util.Arrays;

/**
 * What SentencePiece does to a text before it looks for pieces: user-defined pieces stay as they are, of the character
 * map's rules the longest that matches applies, spaces become U+2581, runs of them shrink, and one is put before (or
 * behind) the text, all as the model's settings have it. Immutable.
 */
final class TextNormalizer {
  private static final byte[] SPACE_SYMBOL = {(byte) 0xE2, (byte) 0x96, (byte) 0x81};
  private static final byte[] SPACE = {' '};

  private final Vocabulary vocabulary;
  private final CharacterMap map; // null if there are no rules
  private final boolean prefix;
  private final boolean suffix;
  private final boolean removeExtra;
  private final byte[] space;

  TextNormalizer(ModelProto model, Vocabulary vocabulary) throws TokenizerFormatException {
    this.vocabulary = vocabulary;
    map = model.charsMap().length == 0 ? null : CharacterMap.read(model.charsMap());
    prefix = model.addDummyPrefix() && !model.whitespaceAsSuffix();
    suffix = model.addDummyPrefix() && model.whitespaceAsSuffix();
    removeExtra = model.removeExtraWhitespaces();
    space = model.escapeWhitespaces() ? SPACE_SYMBOL : SPACE;
  }

  /** A normalizer in its place. */
  TextNormalizer(FormReader form, Vocabulary vocabulary) throws TokenizerFormatException {
    this.vocabulary = vocabulary;
    map = form.flag() ? CharacterMap.read(form) : null;
    prefix = form.flag();
    suffix = form.flag();
    removeExtra = form.flag();
    space = form.flag() ? SPACE_SYMBOL : SPACE;
  }

  void write(FormWriter form) {
    form.flag(map != null);
    if (map != null) {
      map.write(form);
    }
    form.flag(prefix);
    form.flag(suffix);
    form.flag(removeExtra);
    form.flag(space == SPACE_SYMBOL);
  }

  /**
   * Normalizes a part of a text.
   *
   * @param text    well-formed UTF-8 with {@link Utf8Buffer#SLACK}
   * @param trusted of {@code text}
   * @param ranges  receives which bytes of the result are trusted
   */
  Utf8Buffer normalize(byte[] text, int from, int to, TrustedRanges trusted, TrustedRanges.Builder ranges) {
    Utf8Buffer out = new Utf8Buffer(to - from + (to - from >> 1) + 8);
    int at = from;
    while (removeExtra && at < to) {
      Chunk chunk = chunkAt(text, at, to, trusted);
      if (chunk.length() != 1 || chunk.bytes()[chunk.from()] != ' ') {
        break;
      }
      at += chunk.consumed();
    }
    if (at == to) {
      return out;
    }
    if (prefix) {
      out.append(space, 0, space.length);
    }
    if (map == null && !removeExtra) {
      copy(text, at, to, trusted, ranges, out);
    } else {
      rewrite(text, at, to, trusted, ranges, out);
    }
    if (suffix) {
      out.append(space, 0, space.length);
    }
    return out;
  }

  /** Without rules every character stays as it is; only spaces are escaped. */
  private void copy(byte[] text, int from, int to, TrustedRanges trusted, TrustedRanges.Builder ranges,
      Utf8Buffer out) {
    int at = from;
    while (at < to) {
      ranges.set(out.length(), trusted.end(at) > at);
      int end = Math.min(trusted.next(at), to);
      for (; at < end; at++) {
        if (text[at] == ' ') {
          out.append(space, 0, space.length);
        } else {
          out.append(text[at]);
        }
      }
    }
  }

  private void rewrite(byte[] text, int from, int to, TrustedRanges trusted, TrustedRanges.Builder ranges,
      Utf8Buffer out) {
    int at = from;
    boolean afterSpace = removeExtra;
    while (at < to) {
      Chunk chunk = chunkAt(text, at, to, trusted);
      int first = chunk.from();
      int last = first + chunk.length();
      while (afterSpace && first < last && chunk.bytes()[first] == ' ') {
        first++;
      }
      if (first < last) {
        ranges.set(out.length(), trusted.end(at) >= at + chunk.consumed());
        for (int i = first; i < last; i++) {
          if (chunk.bytes()[i] == ' ') {
            out.append(space, 0, space.length);
          } else {
            out.append(chunk.bytes()[i]);
          }
        }
        afterSpace = removeExtra && chunk.bytes()[last - 1] == ' ';
      }
      at += chunk.consumed();
    }
    while (removeExtra && endsWithSpace(out)) {
      out.truncate(out.length() - space.length);
    }
  }

  private boolean endsWithSpace(Utf8Buffer out) {
    int from = out.length() - space.length;
    return from >= 0 && Arrays.equals(out.bytes(), from, out.length(), space, 0, space.length);
  }

  /** What stands at one place of a text, and how many of the text's bytes it replaces. */
  private record Chunk(byte[] bytes, int from, int length, int consumed) {}

  private Chunk chunkAt(byte[] text, int at, int to, TrustedRanges trusted) {
    int userDefined = (int) (vocabulary.userDefinedAt(text, at, to, trusted) >>> 32);
    if (userDefined > 0) {
      return new Chunk(text, at, userDefined, userDefined);
    }
    long rule = map == null ? 0 : map.longestMatch(text, at, to);
    if (rule != 0) {
      int start = (int) rule;
      return new Chunk(map.replacements(), start, map.replacementEnd(start) - start, (int) (rule >>> 32));
    }
    int length = Math.min(Utf8Buffer.lengthOf(text[at]), to - at);
    return new Chunk(text, at, length, length);
  }
}
