package io.picaflor.tokenizer.sentencepiece;

import io.picaflor.tokenizer.StreamingDecoder;
import io.picaflor.tokenizer.piece.Utf8Decoder;

/**
 * Ids to text as SentencePiece does it: U+2581 becomes a space, control pieces nothing, byte pieces the characters
 * their bytes make, U+FFFD for each byte that makes none. Where the model adds or removes spaces at a text's beginning,
 * the first one goes.
 */
final class SentencePieceDecoder implements StreamingDecoder {
  private static final char SPACE_MARK = '\u2581';

  private final SentencePieceTokenizer tokenizer;
  private final Vocabulary vocabulary;
  private final boolean skipSpecial;
  private final StringBuilder out = new StringBuilder();
  private final Utf8Decoder bytes = new Utf8Decoder(Utf8Decoder.Malformed.ONE_PER_BYTE);
  // Whether a space mark at the piece's beginning is still the text's first, and no space.
  private boolean atBeginning = true;

  SentencePieceDecoder(SentencePieceTokenizer tokenizer, Vocabulary vocabulary, boolean skipSpecial) {
    this.tokenizer = tokenizer;
    this.vocabulary = vocabulary;
    this.skipSpecial = skipSpecial;
  }

  @Override
  public String append(int id) {
    tokenizer.check(id);
    if (vocabulary.type(id) == PieceType.BYTE) {
      bytes.append(vocabulary.byteOf(id), out);
      return take();
    }
    bytes.finish(out);
    if (!out.isEmpty()) {
      atBeginning = false;
    }
    switch (vocabulary.type(id)) {
      case PieceType.CONTROL -> {}
      case PieceType.UNKNOWN -> out.append(tokenizer.unknownSurface());
      default -> {
        if (!skipSpecial || !vocabulary.isSpecial(id)) {
          appendPiece(vocabulary.pieces().text(id));
        }
      }
    }
    return take();
  }

  @Override
  public String finish() {
    bytes.finish(out);
    String rest = take();
    atBeginning = true;
    return rest;
  }

  private void appendPiece(String piece) {
    int from = 0;
    if (atBeginning && tokenizer.dropsFirstSpace() && piece.charAt(0) == SPACE_MARK) {
      from = 1;
      // Without removal of extra spaces only one mark goes, even if its piece was nothing else.
      atBeginning = tokenizer.removesExtraSpaces();
    }
    out.append(piece.replace(SPACE_MARK, ' '), from, piece.length());
  }

  private String take() {
    if (out.isEmpty()) {
      return "";
    }
    atBeginning = false;
    String text = out.toString();
    out.setLength(0);
    return text;
  }
}
