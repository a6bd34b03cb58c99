package io.picaflor.tokenizer.sentencepiece;

import io.picaflor.tokenizer.piece.IntList;

/**
 * Takes the pieces an encoder found and writes ids: a part of the text without a piece becomes bytes if the model has
 * byte fallback; else neighbours without a piece are one unknown. For one thread, for one text.
 */
final class PieceSink {
  private final Vocabulary vocabulary;
  private final IntList ids;
  private boolean afterUnknown;

  PieceSink(Vocabulary vocabulary, IntList ids) {
    this.vocabulary = vocabulary;
    this.ids = ids;
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
    } else if (!afterUnknown) {
      ids.add(vocabulary.unknownId());
      afterUnknown = true;
    }
  }
}
