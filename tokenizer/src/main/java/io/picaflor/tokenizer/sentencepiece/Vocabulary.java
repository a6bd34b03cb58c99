package io.picaflor.tokenizer.sentencepiece;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.piece.ControlText;
import io.picaflor.tokenizer.piece.PieceIndex;
import io.picaflor.tokenizer.piece.PieceTable;
import io.picaflor.tokenizer.piece.PieceTrie;
import io.picaflor.tokenizer.piece.TrustedRanges;
import java.util.Arrays;
import java.util.BitSet;

/** A SentencePiece model's pieces, indexed: what text can become, what is reserved, what must be trusted. Immutable. */
final class Vocabulary {
  private final PieceTable pieces;
  private final byte[] types;
  // Pieces that text can become (normal, user-defined, unused), and those it cannot (unknown, control, byte): two name
  // spaces.
  private final PieceIndex textPieces;
  private final PieceIndex reservedPieces;
  private final PieceTrie userDefined = new PieceTrie();
  private final PieceTrie controls = new PieceTrie();
  private final BitSet control = new BitSet();
  private final BitSet special = new BitSet();
  private final int[] byteIds = new int[256];
  private final byte[] byteValues;
  private final int unknownId;
  private final boolean hasUnused;

  Vocabulary(ModelProto model) throws TokenizerFormatException {
    pieces = model.pieces();
    types = model.types();
    int reserved = 0;
    for (byte type : types) {
      reserved += isReserved(type) ? 1 : 0;
    }
    textPieces = new PieceIndex(pieces, types.length - reserved);
    reservedPieces = new PieceIndex(pieces, reserved);
    Arrays.fill(byteIds, -1);
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
          control.set(id);
          special.set(id);
          controls.add(pieces.bytes(), pieces.start(id), pieces.length(id), id);
        }
        case PieceType.USER_DEFINED -> {
          userDefined.add(pieces.bytes(), pieces.start(id), pieces.length(id), id);
          String piece = pieces.text(id);
          control.set(id, ControlText.looksLikeMarkup(piece));
          special.set(id, ControlText.looksLikeMarkup(piece) && !ControlText.isHtmlTag(piece));
        }
        case PieceType.BYTE -> byteIds[byteValue(id, model.byteFallback())] = id;
        case PieceType.UNUSED -> unused = true;
        default -> {} // a normal piece
      }
    }
    if (unknown < 0) {
      throw new TokenizerFormatException("SentencePiece model: no piece has the type unknown");
    }
    unknownId = unknown;
    hasUnused = unused;
    byteValues = new byte[model.byteFallback() ? types.length : 0];
    for (int b = 0; b < 256 && model.byteFallback(); b++) {
      if (byteIds[b] < 0) {
        throw new TokenizerFormatException(
            String.format("SentencePiece model: byte fallback is on, but there is no piece <0x%02X>", b));
      }
      byteValues[byteIds[b]] = (byte) b;
    }
  }

  int size() {
    return types.length;
  }

  PieceTable pieces() {
    return pieces;
  }

  byte type(int id) {
    return types[id];
  }

  int unknownId() {
    return unknownId;
  }

  boolean hasUnused() {
    return hasUnused;
  }

  boolean hasByteFallback() {
    return byteValues.length > 0;
  }

  int byteId(byte value) {
    return byteIds[value & 0xFF];
  }

  byte byteOf(int byteId) {
    return byteValues[byteId];
  }

  /** Whether only trusted text may contain the piece: it is of type CONTROL, or user-defined and looks like markup. */
  boolean isControl(int id) {
    return control.get(id);
  }

  /**
   * Whether users should not see the piece: as {@link #isControl}, but for the HTML tags {@code <s>} and {@code </s>}.
   */
  boolean isSpecial(int id) {
    return special.get(id);
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
      if (id >= 0 && (!control.get(id) || end <= trusted.end(from))) {
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
  private int byteValue(int id, boolean byteFallback) throws TokenizerFormatException {
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
