package io.picaflor.tokenizer.sentencepiece;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.form.FormReader;
import io.picaflor.tokenizer.form.FormWriter;
import io.picaflor.tokenizer.piece.IntTable;
import io.picaflor.tokenizer.piece.PairMerger;
import io.picaflor.tokenizer.piece.PieceTable;
import io.picaflor.tokenizer.piece.TrustedRanges;
import io.picaflor.tokenizer.piece.Utf8Buffer;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * Byte-pair encoding as SentencePiece does it: characters merge whenever what they make together is a piece, the best
 * score first, the leftmost first among equals. User-defined pieces are cut out before and never merge. Immutable.
 *
 * <p>The text is merged in runs that end before a space mark wherever no piece could reach across: the result is the
 * same, and the runs are words instead of whole texts.
 */
final class BpeEncoder implements PieceEncoder {
  private static final int UNKNOWN = -1;

  private final Vocabulary vocabulary;
  // By id: the smaller merges first. The scores' order as ints; NEVER for pieces that merges must not make.
  private final IntTable ranks;
  // By byte: 1 if some piece has it right before a space mark.
  private final ByteBuffer joinsSpace;

  private static final int NEVER = Integer.MAX_VALUE;

  BpeEncoder(ModelProto model, Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
    ranks = new IntTable(vocabulary.size());
    joinsSpace = ByteBuffer.allocate(256);
    for (int id = 0; id < vocabulary.size(); id++) {
      int bits = Float.floatToRawIntBits(model.scores()[id] + 0f); // -0 + 0 = 0: the two zeros are equal
      ranks.set(id, vocabulary.isControl(id) ? NEVER : ~(bits ^ bits >> 31 & Integer.MAX_VALUE));
    }
    PieceTable pieces = model.pieces();
    byte[] bytes = pieces.bytes();
    int lastMark = pieces.start(pieces.size() - 1) + pieces.length(pieces.size() - 1) - 3;
    int id = 0;
    for (int at = 1; at <= lastMark; at++) {
      if (bytes[at] == (byte) 0xE2 && bytes[at + 1] == (byte) 0x96 && bytes[at + 2] == (byte) 0x81) {
        id = pieceAt(pieces, id, at);
        if (at > pieces.start(id) && vocabulary.type(id) != PieceType.USER_DEFINED) {
          joinsSpace.put(bytes[at - 1] & 0xFF, (byte) 1);
        }
      }
    }
  }

  /** An encoder in its place. */
  BpeEncoder(FormReader form, Vocabulary vocabulary) throws TokenizerFormatException {
    this.vocabulary = vocabulary;
    ranks = IntTable.read(form, vocabulary.size());
    joinsSpace = form.table(256);
  }

  @Override
  public void write(FormWriter form) {
    ranks.write(form);
    form.table(joinsSpace);
  }

  /** The piece, {@code from} or behind it, whose bytes hold position {@code at}. */
  private static int pieceAt(PieceTable pieces, int from, int at) {
    int id = from;
    while (pieces.start(id) + pieces.length(id) <= at) {
      id++;
    }
    return id;
  }

  @Override
  public void encode(Utf8Buffer text, TrustedRanges trusted, PieceSink sink) {
    byte[] bytes = text.bytes();
    int length = text.length();
    Merger merger = new Merger(bytes);
    int at = 0;
    while (at < length) {
      long userDefined = vocabulary.userDefinedAt(bytes, at, length, trusted);
      if (userDefined != 0) {
        merger.finishRun(sink);
        sink.piece((int) userDefined);
        at += (int) (userDefined >>> 32);
        continue;
      }
      if (merger.size() > 0 && isSpaceMark(bytes, at, length) && joinsSpace.get(bytes[at - 1] & 0xFF) == 0) {
        merger.finishRun(sink);
      }
      int end = Math.min(at + Utf8Buffer.lengthOf(bytes[at]), length);
      merger.add(at, end, UNKNOWN);
      at = end;
    }
    merger.finishRun(sink);
  }

  private static boolean isSpaceMark(byte[] bytes, int at, int length) {
    return bytes[at] == (byte) 0xE2 && length - at >= 3 && bytes[at + 1] == (byte) 0x96 && bytes[at + 2] == (byte) 0x81;
  }

  /** Merges the runs of one text. */
  private final class Merger extends PairMerger {
    private final byte[] bytes;
    // By id of an unused piece: the length of its left part when it was last merged.
    private final Map<Integer, Integer> leftParts = new HashMap<>();

    Merger(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    protected long pair(int left, int right) {
      int from = start(left);
      int merged = vocabulary.findText(bytes, from, end(right) - from);
      int rank = merged < 0 ? NEVER : ranks.get(merged);
      if (rank == NEVER) {
        return NO_MERGE;
      }
      if (vocabulary.hasUnused() && vocabulary.type(merged) == PieceType.UNUSED) {
        leftParts.put(merged, end(left) - from);
      }
      return (long) rank << 32 | merged;
    }

    void finishRun(PieceSink sink) {
      if (size() == 0) {
        return;
      }
      int from = start(0);
      int length = end(size() - 1) - from;
      // Taking unused pieces apart looks at what was merged before, in other runs too.
      boolean alone = !vocabulary.hasUnused();
      if (!alone || !sink.repeats(bytes, from, length)) {
        int first = sink.beginRun();
        merge();
        for (int i = 0; i < size(); i = next(i)) {
          emit(start(i), end(i), id(i), sink);
        }
        if (alone) {
          sink.remember(bytes, from, length, first);
        }
      }
      clear();
    }

    /** Writes a symbol; an unused piece as the two parts it was merged from. */
    private void emit(int from, int to, int symbolId, PieceSink sink) {
      int at = from;
      int end = to;
      int id = symbolId == UNKNOWN ? vocabulary.findText(bytes, from, to - from) : symbolId;
      while (id >= 0 && vocabulary.type(id) == PieceType.UNUSED && leftParts.containsKey(id)) {
        // Left parts get shorter with each step; the depth is bounded by the piece's length in characters.
        int middle = at + leftParts.get(id);
        emit(at, middle, UNKNOWN, sink);
        at = middle;
        id = vocabulary.findText(bytes, at, end - at);
      }
      if (id < 0) {
        sink.unknown(bytes, at, end);
      } else {
        sink.piece(id);
      }
    }
  }
}
