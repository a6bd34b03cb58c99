package io.picaflor.tokenizer.huggingface;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.piece.IntList;
import io.picaflor.tokenizer.piece.Utf8Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The model's pieces in the order of the file, each with its id; text as UTF-8 in one array. For one thread. */
final class PieceList {
  /** Longest piece accepted, in bytes: a text costs up to this many steps a character. */
  static final int MAX_PIECE = 4096;

  private final Utf8Buffer text = new Utf8Buffer(1 << 16);
  private final IntList ends = new IntList(1 << 12);
  private final IntList ids = new IntList(1 << 12);
  private int largestId = -1;

  void add(String piece, int id) throws TokenizerFormatException {
    // The JDK's conversion runs compiled from the first piece on, a loop of ours would begin interpreted.
    byte[] utf8 = piece.getBytes(StandardCharsets.UTF_8);
    if (utf8.length > MAX_PIECE) {
      throw new TokenizerFormatException("tokenizer.json, model.vocab: the piece of id " + id + " has " + utf8.length
          + " bytes; at most " + MAX_PIECE + " are supported");
    }
    text.append(utf8, 0, utf8.length);
    ends.add(text.length());
    ids.add(id);
    largestId = Math.max(largestId, id);
  }

  int count() {
    return ids.size();
  }

  int largestId() {
    return largestId;
  }

  byte[] bytes() {
    return text.bytes();
  }

  int byteCount() {
    return text.length();
  }

  int start(int entry) {
    return entry == 0 ? 0 : ends.get(entry - 1);
  }

  int length(int entry) {
    return ends.get(entry) - start(entry);
  }

  /** For each id below {@code size} its entry, or -1. */
  int[] entriesById(int size) throws TokenizerFormatException {
    int[] entries = new int[size];
    Arrays.fill(entries, -1);
    for (int entry = 0; entry < ids.size(); entry++) {
      int id = ids.get(entry);
      if (entries[id] >= 0) {
        throw new TokenizerFormatException("tokenizer.json, model.vocab: the id " + id + " stands there twice");
      }
      entries[id] = entry;
    }
    return entries;
  }
}
