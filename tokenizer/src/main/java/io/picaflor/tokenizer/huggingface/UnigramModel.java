package io.picaflor.tokenizer.huggingface;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.form.FormReader;
import io.picaflor.tokenizer.form.FormWriter;
import io.picaflor.tokenizer.piece.ByteAlphabet;
import io.picaflor.tokenizer.piece.IntList;
import io.picaflor.tokenizer.piece.IntTable;
import io.picaflor.tokenizer.piece.PieceTable;
import io.picaflor.tokenizer.piece.PieceTrie;
import io.picaflor.tokenizer.piece.Utf8Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The cut of a word whose pieces' scores have the largest sum, in 64-bit floats, the first found among equals.
 * Immutable.
 *
 * <p>A character without a piece scores 10 less than the worst piece. Neighbours without a piece are looked up
 * together: as a piece (which they may be by chance), as bytes, else they are one unknown.
 */
final class UnigramModel implements Model {
  private static final double UNKNOWN_PENALTY = 10;

  private final Vocabulary vocabulary;
  private final PieceTrie trie;
  // By id, 64-bit floats.
  private final ByteBuffer scores;
  private final double unknownScore;
  private final int unknownId;
  private final IntTable byteIds; // null without byte fallback

  UnigramModel(Vocabulary vocabulary, double[] scoreOf, int unknownId, boolean byteFallback)
      throws TokenizerFormatException {
    this.vocabulary = vocabulary;
    trie = new PieceTrie();
    scores = ByteBuffer.allocate(Math.multiplyExact(Double.BYTES, scoreOf.length)).order(ByteOrder.LITTLE_ENDIAN);
    scores.asDoubleBuffer().put(scoreOf);
    this.unknownId = unknownId;
    PieceTable pieces = vocabulary.pieces();
    double worst = Double.POSITIVE_INFINITY;
    for (int id = 0; id < scoreOf.length; id++) {
      trie.add(pieces.bytes(), pieces.start(id), pieces.length(id), id);
      worst = Math.min(worst, scoreOf[id]);
    }
    unknownScore = worst - UNKNOWN_PENALTY;
    byteIds = byteFallback ? new IntTable(256) : null;
    for (int b = 0; byteFallback && b < 256; b++) {
      byteIds.set(b, vocabulary.findInModel(ByteAlphabet.fallbackPiece(b)));
    }
  }

  /** A model in its place. */
  UnigramModel(FormReader form, Vocabulary vocabulary) throws TokenizerFormatException {
    this.vocabulary = vocabulary;
    trie = PieceTrie.read(form);
    scores = form.table();
    unknownScore = form.real();
    unknownId = form.number(0, vocabulary.size() - 1);
    byteIds = form.flag() ? IntTable.read(form, 256) : null;
  }

  @Override
  public void writeContent(FormWriter form) {
    trie.write(form);
    form.table(scores);
    form.real(unknownScore);
    form.number(unknownId);
    form.flag(byteIds != null);
    if (byteIds != null) {
      byteIds.write(form);
    }
  }

  @Override
  public Encoder newEncoder(IntList ids, boolean control) {
    return new Viterbi(ids, control);
  }

  private final class Viterbi implements Encoder {
    private final IntList ids;
    private final boolean control;
    private final Utf8Buffer utf8 = new Utf8Buffer(64);
    private double[] sums = new double[64];
    private int[] starts = new int[64]; // where the best piece that ends here begins, plus one; 0 if none does
    private int[] best = new int[64];
    private int[] ends = new int[64];

    Viterbi(IntList ids, boolean control) {
      this.ids = ids;
      this.control = control;
    }

    @Override
    public void encode(String text, int from, int to) {
      utf8.truncate(0);
      utf8.append(text, from, to);
      int length = utf8.length();
      if (length >= sums.length) {
        int capacity = Math.max(length + 1, 2 * sums.length);
        sums = new double[capacity];
        starts = new int[capacity];
        best = new int[capacity];
        ends = new int[capacity];
      }
      Arrays.fill(starts, 0, length + 1, 0);
      sums[0] = 0;
      findPaths(utf8.bytes(), length);
      emit(utf8.bytes(), length);
    }

    private void findPaths(byte[] bytes, int length) {
      for (int from = 0; from < length;) {
        int character = Utf8Buffer.lengthOf(bytes[from]);
        boolean characterIsPiece = false;
        int node = 0;
        for (int end = from + 1; end <= length; end++) {
          node = trie.child(node, bytes[end - 1]);
          if (node == PieceTrie.NONE) {
            break;
          }
          int id = trie.id(node);
          if (id >= 0 && (control || !vocabulary.isControl(id))) {
            extend(from, end, scores.getDouble(id << 3), id);
            characterIsPiece |= end - from == character;
          }
        }
        if (!characterIsPiece) {
          extend(from, from + character, unknownScore, unknownId);
        }
        from += character;
      }
    }

    private void extend(int from, int end, double score, int id) {
      double sum = score + sums[from];
      if (starts[end] == 0 || sum > sums[end]) {
        sums[end] = sum;
        starts[end] = from + 1;
        best[end] = id;
      }
    }

    private void emit(byte[] bytes, int length) {
      for (int end = length; end > 0; end = starts[end] - 1) {
        ends[starts[end] - 1] = end;
      }
      int unknownFrom = -1;
      for (int from = 0; from < length; from = ends[from]) {
        int id = best[ends[from]];
        if (id == unknownId) {
          unknownFrom = unknownFrom < 0 ? from : unknownFrom;
          continue;
        }
        emitUnknown(bytes, unknownFrom, from);
        unknownFrom = -1;
        ids.add(id);
      }
      emitUnknown(bytes, unknownFrom, length);
    }

    private void emitUnknown(byte[] bytes, int from, int to) {
      if (from < 0) {
        return;
      }
      int id = vocabulary.findInModel(bytes, from, to - from);
      if (id >= 0 && (control || !vocabulary.isControl(id))) {
        ids.add(id);
      } else if (hasAllBytes(bytes, from, to)) {
        for (int i = from; i < to; i++) {
          ids.add(byteIds.get(bytes[i] & 0xFF));
        }
      } else {
        ids.add(unknownId);
      }
    }

    private boolean hasAllBytes(byte[] bytes, int from, int to) {
      if (byteIds == null) {
        return false;
      }
      for (int i = from; i < to; i++) {
        if (byteIds.get(bytes[i] & 0xFF) < 0) {
          return false;
        }
      }
      return true;
    }
  }
}
