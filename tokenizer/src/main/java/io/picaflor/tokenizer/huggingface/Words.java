package io.picaflor.tokenizer.huggingface;

import io.picaflor.tokenizer.piece.IntList;

/**
 * A text and the parts of it that a model sees one by one, in order; parts may be left out, none is empty. For one
 * thread.
 */
final class Words {
  private final String text;
  private final boolean atTextStart;
  private final IntList starts = new IntList(16);
  private final IntList ends = new IntList(16);

  /** @param atTextStart whether the text begins where the whole text to encode does */
  Words(String text, boolean atTextStart) {
    this.text = text;
    this.atTextStart = atTextStart;
  }

  /** A text that is one word. */
  static Words whole(String text, boolean atTextStart) {
    Words words = new Words(text, atTextStart);
    words.add(0, text.length());
    return words;
  }

  /** These words' text, without words. */
  Words withoutWords() {
    return new Words(text, atTextStart);
  }

  void add(int start, int end) {
    if (start < end) {
      starts.add(start);
      ends.add(end);
    }
  }

  String text() {
    return text;
  }

  boolean atTextStart() {
    return atTextStart;
  }

  int count() {
    return starts.size();
  }

  int start(int word) {
    return starts.get(word);
  }

  int end(int word) {
    return ends.get(word);
  }
}
