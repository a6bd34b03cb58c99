package io.picaflor.tokenizer.sentencepiece;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.form.FormReader;
import io.picaflor.tokenizer.form.FormWriter;
import io.picaflor.tokenizer.piece.ControlText;
import io.picaflor.tokenizer.piece.IntTable;
import io.picaflor.tokenizer.piece.PieceIndex;
import io.picaflor.tokenizer.piece.PieceTable;
import io.picaflor.tokenizer.piece.PieceTrie;
import io.picaflor.tokenizer.piece.TrustedRanges;
import java.nio.ByteBuffer;

/** A SentencePiece model's pieces, indexed: what text can become, what is reserved, what must be trusted. Immutable. */
final class Vocabulary {
  private static final int BYTES = 256;
  private static final int TYPE = 7;
  private static final int CONTROL = 8;
  private static final int SPECIAL = 16;

  private final PieceTable pieces;
  // By id: the type, and whether it is a control or a special token.
  private final ByteBuffer kinds;
  // Pieces that text can become (normal, user-defined, unused), and those it cannot (unknown, control, byte): two name
  // spaces.
  private final PieceIndex textPieces;
  private final PieceIndex reservedPieces;
  private final PieceTrie userDefined;
  private final PieceTrie controls;
  // By byte, if there is byte fallback.
  private final IntTable byteIds;
  private final int unknownId;
  private final boolean hasUnused;
  private final boolean byteFallback;

  Vocabulary(ModelProto model) throws TokenizerFormatException {
    pieces = model.pieces();
    byte[] types = model.types();
    byte[] kindOf = types.clone();
    int reserved = 0;
    for (byte type : types) {
      reserved += isReserved(type) ? 1 : 0;
    }
    textPieces = new PieceIndex(pieces, types.length - reserved);
    reservedPieces = new PieceIndex(pieces, reserved);
    userDefined = new PieceTrie();
    controls = new PieceTrie();
    byteFallback = model.byteFallback();
    byteIds = new IntTable(BYTES);
    for (int b = 0; b < BYTES; b++) {
      byteIds.set(b, -1);
    }
    int unknown = -1;
    boolean unused = false;
    for (int id = 0; id < types.length; id++) {
      int same = (isReserved(types[id]) ? reservedPieces : textPieces).add(id);
      if (same >= 0) {
        throw new TokenizerFormatException("SentencePiece model: pieces " + same + " and " + id + " are both '"
            + pieces.text(id) + "'");
      }
      switch (types[id]) {
        case PieceType.UNKNOWN -> {
          if (unknown >= 0) {
            throw new TokenizerFormatException("SentencePiece model: pieces " + unknown + " and " + id
                + " both have the type unknown");
          }
          unknown = id;
        }
        case PieceType.CONTROL -> {
          kindOf[id] |= CONTROL | SPECIAL;
          controls.add(pieces.bytes(), pieces.start(id), pieces.length(id), id);
        }
        case PieceType.USER_DEFINED -> {
          userDefined.add(pieces.bytes(), pieces.start(id), pieces.length(id), id);
          kindOf[id] |= (byte) userDefinedFlags(pieces.text(id));
        }
        case PieceType.BYTE -> byteIds.set(byteValue(id), id);
        case PieceType.UNUSED -> unused = true;
        default -> {} // a normal piece
      }
    }
    if (unknown < 0) {
      throw new TokenizerFormatException("SentencePiece model: no piece has the type unknown");
    }
    kinds = ByteBuffer.wrap(kindOf);
    unknownId = unknown;
    hasUnused = unused;
    for (int b = 0; b < BYTES && byteFallback; b++) {
      if (byteIds.get(b) < 0) {
        throw new TokenizerFormatException(
            String.format("SentencePiece model: byte fallback is on, but there is no piece <0x%02X>", b));
      }
    }
  }

  /** A vocabulary in its place. */
  Vocabulary(FormReader form) throws TokenizerFormatException {
    pieces = PieceTable.read(form);
    kinds = form.table(pieces.size());
    textPieces = PieceIndex.read(form, pieces);
    reservedPieces = PieceIndex.read(form, pieces);
    userDefined = PieceTrie.read(form);
    controls = PieceTrie.read(form);
    byteIds = IntTable.read(form, BYTES);
    unknownId = form.number(0, pieces.size() - 1);
    hasUnused = form.flag();
    byteFallback = form.flag();
  }

  void write(FormWriter form) {
    pieces.write(form);
    form.table(kinds);
    textPieces.write(form);
    reservedPieces.write(form);
    userDefined.write(form);
    controls.write(form);
    byteIds.write(form);
    form.number(unknownId);
    form.flag(hasUnused);
    form.flag(byteFallback);
  }

  private static int userDefinedFlags(String piece) {
    if (!ControlText.looksLikeMarkup(piece)) {
      return 0;
    }
    return ControlText.isHtmlTag(piece) ? CONTROL : CONTROL | SPECIAL;
  }

  int size() {
    return pieces.size();
  }

  PieceTable pieces() {
    return pieces;
  }

  byte type(int id) {
    return (byte) (kinds.get(id) & TYPE);
  }

  int unknownId() {
    return unknownId;
  }

  boolean hasUnused() {
    return hasUnused;
  }

  boolean hasByteFallback() {
    return byteFallback;
  }

  int byteId(byte value) {
    return byteIds.get(value & 0xFF);
  }

  /** The byte that a piece of type BYTE stands for, such as {@code <0x0A>}. */
  byte byteOf(int byteId) {
    return (byte) (Character.digit(pieces.byteAt(byteId, 3), 16) << 4 | Character.digit(pieces.byteAt(byteId, 4), 16));
  }

  /** Whether only trusted text may contain the piece: it is of type CONTROL, or user-defined and looks like markup. */
  boolean isControl(int id) {
    return (kinds.get(id) & CONTROL) != 0;
  }

  /**
   * Whether users should not see the piece: as {@link #isControl}, but for the HTML tags {@code <s>} and {@code </s>}.
   */
  boolean isSpecial(int id) {
    return (kinds.get(id) & SPECIAL) != 0;
  }

  boolean hasUserDefined() {
    return !userDefined.isEmpty();
  }

  /** The id of a piece that text can become, or -1; as {@link PieceIndex#find}. */
  int findText(byte[] text, int from, int length) {
    return textPieces.find(text, from, length);
  }

  /** The id of any piece, or -1; as {@link PieceIndex#find}. */
  int findAny(byte[] text, int from, int length) {
    int id = reservedPieces.find(text, from, length);
    return id >= 0 ? id : textPieces.find(text, from, length);
  }

  /** The longest user-defined piece at {@code from} that trust allows: {@code length << 32 | id}, or 0. */
  long userDefinedAt(byte[] text, int from, int to, TrustedRanges trusted) {
    int node = userDefined.child(0, text[from]);
    if (node == PieceTrie.NONE) {
      return 0;
    }
    long best = 0;
    for (int end = from + 1;; end++) {
      int id = userDefined.id(node);
      if (id >= 0 && (!isControl(id) || end <= trusted.end(from))) {
        best = (long) (end - from) << 32 | id;
      }
      node = end < to ? userDefined.child(node, text[end]) : PieceTrie.NONE;
      if (node == PieceTrie.NONE) {
        return best;
      }
    }
  }

  /** The longest piece of type CONTROL at {@code from} that lies in trusted text: {@code length << 32 | id}, or 0. */
  long controlAt(byte[] text, int from, TrustedRanges trusted) {
    long best = 0;
    int node = controls.child(0, text[from]);
    int to = node == PieceTrie.NONE ? from : trusted.end(from);
    for (int end = from + 1; end <= to && node != PieceTrie.NONE; end++) {
      if (controls.id(node) >= 0) {
        best = (long) (end - from) << 32 | controls.id(node);
      }
      node = end < to ? controls.child(node, text[end]) : PieceTrie.NONE;
    }
    return best;
  }

  private static boolean isReserved(byte type) {
    return type == PieceType.UNKNOWN || type == PieceType.CONTROL || type == PieceType.BYTE;
  }

  /** The byte that a piece such as {@code <0x0A>} stands for. */
  private int byteValue(int id) throws TokenizerFormatException {
    String piece = pieces.text(id);
    if (!byteFallback) {
      throw new TokenizerFormatException("SentencePiece model: piece " + id + " '" + piece
          + "' is a byte, but byte fallback is off");
    }
    boolean wellFormed = piece.length() == 6 && piece.startsWith("<0x") && piece.charAt(5) == '>'
        && isHexDigit(piece.charAt(3)) && isHexDigit(piece.charAt(4));
    if (!wellFormed) {
      throw new TokenizerFormatException("SentencePiece model: piece " + id + " '" + piece
          + "' is a byte, but not one of <0x00> to <0xFF>");
    }
    return Integer.parseInt(piece, 3, 5, 16);
  }

  private static boolean isHexDigit(char c) {
    return c >= '0' && c <= '9' || c >= 'A' && c <= 'F';
  }
}
