package io.picaflor.tokenizer.sentencepiece;

import io.picaflor.tokenizer.piece.IntList;
import io.picaflor.tokenizer.piece.RunMemo;

/**
 * Takes the pieces an encoder found and writes ids: a part of the text without a piece becomes bytes if the model has
 * byte fallback; else neighbours without a piece are one unknown. For one thread, for one text.
 */
final class PieceSink {
  private final Vocabulary vocabulary;
  private final IntList ids;
  private final RunMemo memo = new RunMemo();
  private boolean afterUnknown;
  private boolean runHasUnknown;

  PieceSink(Vocabulary vocabulary, IntList ids) {
    this.vocabulary = vocabulary;
    this.ids = ids;
  }

  /** Takes a run that was taken before, if it was all pieces or their bytes. */
  boolean repeats(byte[] text, int from, int length) {
    boolean known = memo.recall(text, from, length, ids);
    afterUnknown &= !known;
    return known;
  }

  /** Remembers a run that became all ids from {@code firstId} on. */
  void remember(byte[] text, int from, int length, int firstId) {
    if (!runHasUnknown) {
      memo.remember(text, from, length, ids, firstId);
    }
  }

  /** Begins a run; returns how many ids there are so far. */
  int beginRun() {
    runHasUnknown = false;
    return ids.size();
  }

  void piece(int id) {
    ids.add(id);
    afterUnknown = false;
  }

  void unknown(byte[] text, int from, int to) {
    if (vocabulary.hasByteFallback()) {
      for (int i = from; i < to; i++) {
        ids.add(vocabulary.byteId(text[i]));
      }
      return;
    }
    // Whether it is written depends on what stands before the run.
    runHasUnknown = true;
    if (!afterUnknown) {
      ids.add(vocabulary.unknownId());
      afterUnknown = true;
    }
  }
}
