package io.picaflor.tokenizer.sentencepiece;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.form.FormReader;
import io.picaflor.tokenizer.form.FormWriter;
import io.picaflor.tokenizer.piece.IntTable;
import io.picaflor.tokenizer.piece.PieceTable;
import io.picaflor.tokenizer.piece.PieceTrie;
import io.picaflor.tokenizer.piece.TrustedRanges;
import io.picaflor.tokenizer.piece.Utf8Buffer;

/**
 * Unigram encoding as SentencePiece does it: the cut of the text whose pieces' scores have the largest sum. Immutable.
 *
 * <p>Scores add up from left to right, rounded to 32 bits after each piece, and only a larger sum replaces an earlier
 * one: where cuts are equally good this decides, so it must be as the reference has it. A character without a piece
 * costs {@value #UNKNOWN_PENALTY} more than the worst piece; a user-defined piece of n bytes scores n times the best
 * score, less 0.1.
 */
final class UnigramEncoder implements PieceEncoder {
  private static final float UNKNOWN_PENALTY = 10;

  private final Vocabulary vocabulary;
  private final PieceTrie trie;
  // By id; floats.
  private final IntTable scores;
  private final float unknownScore;
  private final float bestScore;

  UnigramEncoder(ModelProto model, Vocabulary vocabulary) throws TokenizerFormatException {
    this.vocabulary = vocabulary;
    trie = new PieceTrie();
    float[] scoreOf = model.scores();
    scores = new IntTable(scoreOf.length);
    float worst = Float.MAX_VALUE;
    float best = Float.MIN_NORMAL;
    PieceTable pieces = model.pieces();
    for (int id = 0; id < scoreOf.length; id++) {
      scores.set(id, Float.floatToRawIntBits(scoreOf[id]));
      byte type = vocabulary.type(id);
      if (type == PieceType.NORMAL) {
        worst = Math.min(worst, scoreOf[id]);
        best = Math.max(best, scoreOf[id]);
      }
      if (type == PieceType.NORMAL || type == PieceType.USER_DEFINED) {
        trie.add(pieces.bytes(), pieces.start(id), pieces.length(id), id);
      }
    }
    unknownScore = worst - UNKNOWN_PENALTY;
    bestScore = best;
  }

  /** An encoder in its place. */
  UnigramEncoder(FormReader form, Vocabulary vocabulary) throws TokenizerFormatException {
    this.vocabulary = vocabulary;
    trie = PieceTrie.read(form);
    scores = IntTable.read(form, vocabulary.size());
    unknownScore = (float) form.real();
    bestScore = (float) form.real();
  }

  @Override
  public void write(FormWriter form) {
    trie.write(form);
    scores.write(form);
    form.real(unknownScore);
    form.real(bestScore);
  }

  private float score(int id) {
    return Float.intBitsToFloat(scores.get(id));
  }

  @Override
  public void encode(Utf8Buffer text, TrustedRanges trusted, PieceSink sink) {
    byte[] bytes = text.bytes();
    int length = text.length();
    float[] sums = new float[length + 1];
    int[] starts = new int[length + 1]; // where the best piece that ends here begins, plus one; 0 if none does
    int[] ids = new int[length + 1];
    for (int from = 0; from < length;) {
      int character = Math.min(Utf8Buffer.lengthOf(bytes[from]), length - from);
      boolean characterIsPiece = false;
      int node = 0;
      for (int end = from + 1; end <= length; end++) {
        node = trie.child(node, bytes[end - 1]);
        if (node == PieceTrie.NONE) {
          break;
        }
        int id = trie.id(node);
        if (id >= 0 && (!vocabulary.isControl(id) || end <= trusted.end(from))) {
          double score = vocabulary.type(id) == PieceType.USER_DEFINED ? (end - from) * bestScore - 0.1 : score(id);
          extend(sums, starts, ids, from, end, score, id);
          characterIsPiece |= end - from == character;
        }
      }
      if (!characterIsPiece) {
        extend(sums, starts, ids, from, from + character, unknownScore, vocabulary.unknownId());
      }
      from += character;
    }
    emit(bytes, length, starts, ids, sink);
  }

  private static void extend(float[] sums, int[] starts, int[] ids, int from, int end, double score, int id) {
    double sum = score + sums[from];
    if (starts[end] == 0 || sum > sums[end]) {
      sums[end] = (float) sum;
      starts[end] = from + 1;
      ids[end] = id;
    }
  }

  private void emit(byte[] bytes, int length, int[] starts, int[] ids, PieceSink sink) {
    // Walk the best path back, leaving at each piece's beginning where it ends.
    int[] ends = new int[length + 1];
    for (int end = length; end > 0; end = starts[end] - 1) {
      ends[starts[end] - 1] = end;
    }
    for (int from = 0; from < length; from = ends[from]) {
      int end = ends[from];
      if (ids[end] == vocabulary.unknownId()) {
        sink.unknown(bytes, from, end);
      } else {
        sink.piece(ids[end]);
      }
    }
  }
}
