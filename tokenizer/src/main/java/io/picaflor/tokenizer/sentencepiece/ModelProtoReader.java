package io.picaflor.tokenizer.sentencepiece;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.piece.PieceTable;
import java.util.Arrays;

/**
 * Reads a SentencePiece model file.
 *
 * <p>Source of field numbers and defaults: {@code sentencepiece_model.proto}. Fields that only training needs are
 * skipped.
 */
final class ModelProtoReader {
  private static final int UNIGRAM = 1;
  private static final int BPE = 2;

  /**
   * Longest piece accepted, in bytes: a text costs up to this many steps a character. Training makes 16 to some 100
   * characters.
   */
  private static final int MAX_PIECE = 4096;

  private static final int NO_TYPE = 0;

  private float[] scores = new float[0];
  private byte[] types = new byte[0];

  private int modelType = UNIGRAM;
  private boolean whitespaceAsSuffix;
  private boolean byteFallback;
  private String unknownSurface = " \u2047 ";

  private byte[] charsMap = {};
  private boolean addDummyPrefix = true;
  private boolean removeExtraWhitespaces = true;
  private boolean escapeWhitespaces = true;

  private ModelProtoReader() {}

  static ModelProto read(byte[] data) throws TokenizerFormatException {
    ModelProtoReader model = new ModelProtoReader();
    // A piece takes some 12 bytes of the file or more, half of them its text: first sizes that seldom grow.
    PieceTable.Builder pieces = new PieceTable.Builder(data.length / 16 + 16, data.length / 2 + 64);
    ProtoCursor cursor = new ProtoCursor(data, 0, data.length, "ModelProto");
    while (cursor.nextField()) {
      switch (cursor.field()) {
        case 1 -> model.readPiece(data, cursor, pieces);
        case 2 -> model.readTrainerSpec(cursor.messageField("trainer_spec"));
        case 3 -> model.readNormalizerSpec(data, cursor.messageField("normalizer_spec"));
        case 5 -> refuseDenormalizer(cursor.messageField("denormalizer_spec"));
        default -> cursor.skip();
      }
    }
    if (pieces.size() == 0) {
      throw new TokenizerFormatException("SentencePiece model: has no pieces; is this a tokenizer?");
    }
    return model.build(pieces.build());
  }

  private ModelProto build(PieceTable pieces) throws TokenizerFormatException {
    if (modelType != UNIGRAM && modelType != BPE) {
      throw new TokenizerFormatException(
          "SentencePiece model: trainer_spec.model_type " + modelType
              + " is not supported; known are 1 (unigram) and 2 (BPE)");
    }
    return new ModelProto(pieces, Arrays.copyOf(scores, pieces.size()), Arrays.copyOf(types, pieces.size()),
        modelType == UNIGRAM,
        whitespaceAsSuffix, byteFallback, unknownSurface, charsMap, addDummyPrefix, removeExtraWhitespaces,
        escapeWhitespaces);
  }

  private void readPiece(byte[] data, ProtoCursor file, PieceTable.Builder pieces) throws TokenizerFormatException {
    int at = file.position();
    ProtoCursor cursor = file.messageField("piece");
    int from = 0;
    int length = 0;
    float score = 0;
    int type = NO_TYPE;
    while (cursor.nextField()) {
      switch (cursor.field()) {
        case 1 -> {
          length = cursor.lengthField();
          from = cursor.take(length);
        }
        case 2 -> score = cursor.floatField();
        case 3 -> type = cursor.intField();
        default -> cursor.skip();
      }
    }
    int id = pieces.size();
    if (length == 0) {
      throw file.damaged(at, "piece " + id + " is empty");
    }
    if (length > MAX_PIECE) {
      throw file.damaged(at, "piece " + id + " has " + length + " bytes; at most " + MAX_PIECE + " are supported");
    }
    if (!Float.isFinite(score)) {
      throw file.damaged(at, "piece " + id + " has the score " + score);
    }
    if (type == NO_TYPE) {
      type = PieceType.NORMAL;
    }
    if (type < PieceType.NORMAL || type > PieceType.BYTE) {
      throw file.damaged(at, "piece " + id + " has the type " + type + ", known are 1 to 6");
    }
    if (id == scores.length) {
      scores = Arrays.copyOf(scores, id + (id >> 1) + 1024);
      types = Arrays.copyOf(types, scores.length);
    }
    scores[id] = score;
    types[id] = (byte) type;
    pieces.add(data, from, length);
  }

  private void readTrainerSpec(ProtoCursor cursor) throws TokenizerFormatException {
    while (cursor.nextField()) {
      switch (cursor.field()) {
        case 3 -> modelType = cursor.intField();
        case 24 -> whitespaceAsSuffix = cursor.boolField();
        case 35 -> byteFallback = cursor.boolField();
        case 44 -> unknownSurface = cursor.stringField();
        default -> cursor.skip();
      }
    }
  }

  private void readNormalizerSpec(byte[] data, ProtoCursor cursor) throws TokenizerFormatException {
    while (cursor.nextField()) {
      switch (cursor.field()) {
        case 2 -> {
          int length = cursor.lengthField();
          int from = cursor.take(length);
          charsMap = Arrays.copyOfRange(data, from, from + length);
        }
        case 3 -> addDummyPrefix = cursor.boolField();
        case 4 -> removeExtraWhitespaces = cursor.boolField();
        case 5 -> escapeWhitespaces = cursor.boolField();
        default -> cursor.skip();
      }
    }
  }

  private static void refuseDenormalizer(ProtoCursor cursor) throws TokenizerFormatException {
    while (cursor.nextField()) {
      int at = cursor.position();
      if (cursor.field() == 2 && cursor.lengthField() > 0) {
        throw cursor.damaged(at, "a denormalizer with a character map is not supported");
      } else if (cursor.field() != 2) {
        cursor.skip();
      }
    }
  }
}
