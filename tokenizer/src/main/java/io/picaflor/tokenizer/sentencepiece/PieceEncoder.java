package io.picaflor.tokenizer.sentencepiece;

import io.picaflor.tokenizer.form.FormWriter;
import io.picaflor.tokenizer.piece.TrustedRanges;
import io.picaflor.tokenizer.piece.Utf8Buffer;

/** Cuts normalized text into pieces. Immutable. */
sealed interface PieceEncoder permits BpeEncoder, UnigramEncoder {
  /** Hands the pieces of {@code text} to {@code sink}; control tokens only where they are trusted. */
  void encode(Utf8Buffer text, TrustedRanges trusted, PieceSink sink);

  /** Writes it without the vocabulary. */
  void write(FormWriter form);
}
