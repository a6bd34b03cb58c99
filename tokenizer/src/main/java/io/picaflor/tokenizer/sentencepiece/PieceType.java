package io.picaflor.tokenizer.sentencepiece;

/** What a SentencePiece piece is for: the values of {@code ModelProto.SentencePiece.Type}. */
final class PieceType {
  static final byte NORMAL = 1;
  static final byte UNKNOWN = 2;
  /** Never matched in text, decodes to nothing. */
  static final byte CONTROL = 3;
  /** Matched before anything else, whole. */
  static final byte USER_DEFINED = 4;
  /** May be made by a merge, but is taken apart again. */
  static final byte UNUSED = 5;
  /** One byte of a character that has no piece. */
  static final byte BYTE = 6;

  private PieceType() {}
}
