package io.picaflor.tokenizer.huggingface;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.form.FormReader;
import io.picaflor.tokenizer.form.FormWriter;
import io.picaflor.tokenizer.pattern.UnicodeSets;
import io.picaflor.tokenizer.piece.IntTable;
import io.picaflor.tokenizer.piece.PieceTrie;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.function.Function;

/**
 * Finds added tokens in a text: at each place the longest that may stand there, from left to right. Immutable.
 *
 * <p>A token that must be a single word and is not is passed over whole, as the reference does.
 */
final class AddedTokens {
  /** What {@link Sink#part} is given as the id of text that is no token. */
  static final int TEXT = -1;

  private static final int SINGLE_WORD = 1;
  private static final int LSTRIP = 2;
  private static final int RSTRIP = 4;
  private static final int CONTROL = 8;

  // By UTF-16 units, the high byte first; its ids are the tokens' numbers here.
  private final PieceTrie trie;
  // A bit for each UTF-16 unit that a token begins with.
  private final ByteBuffer firstUnits;
  // By number: the id, and the flags.
  private final IntTable tokens;

  /** Takes what was found: ids of tokens, and with {@link #TEXT} what stands between them. */
  @FunctionalInterface
  interface Sink {
    void part(int start, int end, int id);
  }

  /** Says whether a token may be read from {@code start} to {@code end}. */
  @FunctionalInterface
  interface Permission {
    boolean allows(boolean control, int start, int end);
  }

  /** @param form what of a token is looked for in the text */
  AddedTokens(Collection<AddedToken> added, Function<AddedToken, String> form) throws TokenizerFormatException {
    trie = new PieceTrie();
    tokens = new IntTable(2 * added.size());
    int highest = -1;
    int number = 0;
    for (AddedToken token : added) {
      String text = form.apply(token);
      byte[] units = new byte[2 * text.length()];
      for (int i = 0; i < text.length(); i++) {
        units[2 * i] = (byte) (text.charAt(i) >> 8);
        units[2 * i + 1] = (byte) text.charAt(i);
      }
      if (!text.isEmpty()) {
        trie.add(units, 0, units.length, number);
        highest = Math.max(highest, text.charAt(0));
      }
      tokens.set(2 * number, token.id());
      tokens.set(2 * number + 1, (token.singleWord() ? SINGLE_WORD : 0) | (token.lstrip() ? LSTRIP : 0)
          | (token.rstrip() ? RSTRIP : 0) | (token.isControl() ? CONTROL : 0));
      number++;
    }
    firstUnits = ByteBuffer.allocate(highest / 8 + 1);
    for (AddedToken token : added) {
      String text = form.apply(token);
      if (!text.isEmpty()) {
        int at = text.charAt(0) / 8;
        firstUnits.put(at, (byte) (firstUnits.get(at) | 1 << text.charAt(0) % 8));
      }
    }
  }

  /** Tokens in their place. */
  AddedTokens(FormReader form) throws TokenizerFormatException {
    trie = PieceTrie.read(form);
    firstUnits = form.table();
    tokens = IntTable.read(form);
  }

  void write(FormWriter form) {
    trie.write(form);
    form.table(firstUnits);
    tokens.write(form);
  }

  boolean isEmpty() {
    return trie.isEmpty();
  }

  /** Cuts a part of a text at the tokens in it; empty parts between are left out. */
  void find(String text, int from, int to, Permission permission, Sink sink) {
    int done = from;
    int at = from;
    while (at < to) {
      long found = isFirst(text.charAt(at)) ? longestAt(text, at, to, permission) : 0;
      if (found == 0) {
        at++;
        continue;
      }
      int flags = tokens.get(2 * (int) found + 1);
      int start = at;
      int end = at + (int) (found >>> 32);
      at = end;
      if ((flags & SINGLE_WORD) != 0 && (isWordBefore(text, from, start) || isWordAt(text, end, to))) {
        continue;
      }
      while ((flags & LSTRIP) != 0 && start > done && UnicodeSets.WHITE_SPACE.contains(text.charAt(start - 1))) {
        start--;
      }
      while ((flags & RSTRIP) != 0 && end < to && UnicodeSets.WHITE_SPACE.contains(text.charAt(end))) {
        end++;
      }
      if (done < start) {
        sink.part(done, start, TEXT);
      }
      sink.part(Math.max(done, start), end, tokens.get(2 * (int) found));
      done = end;
    }
    if (done < to) {
      sink.part(done, to, TEXT);
    }
  }

  private boolean isFirst(char unit) {
    return unit >> 3 < firstUnits.capacity() && (firstUnits.get(unit >> 3) >> (unit & 7) & 1) != 0;
  }

  /** The longest token at a place: {@code length << 32 | number}, or 0. */
  private long longestAt(String text, int from, int to, Permission permission) {
    long best = 0;
    int node = 0;
    for (int at = from; at < to; at++) {
      node = trie.child(node, (byte) (text.charAt(at) >> 8));
      node = node == PieceTrie.NONE ? node : trie.child(node, (byte) text.charAt(at));
      if (node == PieceTrie.NONE) {
        break;
      }
      int number = trie.id(node);
      if (number >= 0 && permission.allows((tokens.get(2 * number + 1) & CONTROL) != 0, from, at + 1)) {
        best = (long) (at + 1 - from) << 32 | number;
      }
    }
    return best;
  }

  private static boolean isWordBefore(String text, int from, int at) {
    return at > from && UnicodeSets.WORD.contains(text.codePointBefore(at));
  }

  private static boolean isWordAt(String text, int at, int to) {
    return at < to && UnicodeSets.WORD.contains(text.codePointAt(at));
  }
}
