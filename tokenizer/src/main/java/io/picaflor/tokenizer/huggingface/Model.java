package io.picaflor.tokenizer.huggingface;

import io.picaflor.tokenizer.piece.IntList;

/** Turns words into ids. Immutable. */
interface Model {
  /** Encodes word after word of one text. For one thread. */
  @FunctionalInterface
  interface Encoder {
    void encode(String text, int from, int to);
  }

  /**
   * An encoder that writes to {@code ids}.
   *
   * @param control whether words may become control tokens
   */
  Encoder newEncoder(IntList ids, boolean control);
}
