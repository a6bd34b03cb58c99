package io.picaflor.tokenizer.huggingface;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.form.FormReader;
import io.picaflor.tokenizer.form.FormWriter;
import io.picaflor.tokenizer.piece.IntList;

/** Turns words into ids. Immutable. */
sealed interface Model permits BpeModel, UnigramModel, WordPieceModel {
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

  /** Writes it without the vocabulary; {@link #read} reads it. */
  default void write(FormWriter form) {
    form.number(switch (this) {
      case BpeModel _ -> 0;
      case UnigramModel _ -> 1;
      case WordPieceModel _ -> 2;
    });
    writeContent(form);
  }

  /** Writes what is special to its kind. */
  void writeContent(FormWriter form);

  /** A model in its place. */
  static Model read(FormReader form, Vocabulary vocabulary) throws TokenizerFormatException {
    return switch (form.number(0, 2)) {
      case 0 -> new BpeModel(form, vocabulary);
      case 1 -> new UnigramModel(form, vocabulary);
      default -> new WordPieceModel(form, vocabulary);
    };
  }
}
