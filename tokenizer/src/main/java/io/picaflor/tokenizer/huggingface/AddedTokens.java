package io.picaflor.tokenizer.huggingface;

import io.picaflor.tokenizer.pattern.CharacterSet;
import io.picaflor.tokenizer.piece.PieceTrie;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * Finds added tokens in a text: at each place the longest that may stand there, from left to right. Immutable.
 *
 * <p>A token that must be a single word and is not is passed over whole, as the reference does.
 */
final class AddedTokens {
  // By UTF-16 units, the high byte first.
  private final PieceTrie trie = new PieceTrie();
  private final BitSet firstUnits = new BitSet();
  private final Map<Integer, AddedToken> byId = new HashMap<>();

  /** Takes what was found: tokens, and with a null token what stands between them. */
  @FunctionalInterface
  interface Sink {
    void part(int start, int end, AddedToken token);
  }

  /** Says whether a token may be read from {@code start} to {@code end}. */
  @FunctionalInterface
  interface Permission {
    boolean allows(AddedToken token, int start, int end);
  }

  /** @param form what of a token is looked for in the text */
  AddedTokens(Collection<AddedToken> tokens, Function<AddedToken, String> form) {
    for (AddedToken token : tokens) {
      String text = form.apply(token);
      if (text.isEmpty()) {
        continue;
      }
      byte[] units = new byte[2 * text.length()];
      for (int i = 0; i < text.length(); i++) {
        units[2 * i] = (byte) (text.charAt(i) >> 8);
        units[2 * i + 1] = (byte) text.charAt(i);
      }
      trie.add(units, 0, units.length, token.id());
      firstUnits.set(text.charAt(0));
      byId.put(token.id(), token);
    }
  }

  boolean isEmpty() {
    return byId.isEmpty();
  }

  /** Cuts a part of a text at the tokens in it; empty parts between are left out. */
  void find(String text, int from, int to, Permission permission, Sink sink) {
    int done = from;
    int at = from;
    while (at < to) {
      long found = firstUnits.get(text.charAt(at)) ? longestAt(text, at, to, permission) : 0;
      if (found == 0) {
        at++;
        continue;
      }
      AddedToken token = byId.get((int) found);
      int start = at;
      int end = at + (int) (found >>> 32);
      at = end;
      if (token.singleWord() && (isWordBefore(text, from, start) || isWordAt(text, end, to))) {
        continue;
      }
      while (token.lstrip() && start > done && CharacterSet.WHITE_SPACE.contains(text.charAt(start - 1))) {
        start--;
      }
      while (token.rstrip() && end < to && CharacterSet.WHITE_SPACE.contains(text.charAt(end))) {
        end++;
      }
      if (done < start) {
        sink.part(done, start, null);
      }
      sink.part(Math.max(done, start), end, token);
      done = end;
    }
    if (done < to) {
      sink.part(done, to, null);
    }
  }

  /** The longest token at a place: {@code length << 32 | id}, or 0. */
  private long longestAt(String text, int from, int to, Permission permission) {
    long best = 0;
    int node = 0;
    for (int at = from; at < to; at++) {
      node = trie.child(node, (byte) (text.charAt(at) >> 8));
      node = node == PieceTrie.NONE ? node : trie.child(node, (byte) text.charAt(at));
      if (node == PieceTrie.NONE) {
        break;
      }
      int id = trie.id(node);
      if (id >= 0 && permission.allows(byId.get(id), from, at + 1)) {
        best = (long) (at + 1 - from) << 32 | id;
      }
    }
    return best;
  }

  private static boolean isWordBefore(String text, int from, int at) {
    return at > from && CharacterSet.WORD.contains(text.codePointBefore(at));
  }

  private static boolean isWordAt(String text, int at, int to) {
    return at < to && CharacterSet.WORD.contains(text.codePointAt(at));
  }
}
