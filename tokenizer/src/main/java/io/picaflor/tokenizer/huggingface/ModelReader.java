package io.picaflor.tokenizer.huggingface;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.piece.IntList;
import io.picaflor.tokenizer.piece.Utf8Buffer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads the {@code model} of a tokenizer.json: vocabulary, merges, settings. For one file. */
final class ModelReader {
  private static final String WHERE = "tokenizer.json, model";

  private final PieceList pieces = new PieceList();
  private double[] scores;
  // The merges' two sides, one behind the other, resolved once the vocabulary is complete.
  private final Utf8Buffer mergeText = new Utf8Buffer(1 << 16);
  private final IntList mergeEnds = new IntList(1 << 12);
  private boolean hasMerges;
  private Settings settings;

  PieceList pieces() {
    return pieces;
  }

  void read(JsonParser json) throws IOException {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw new TokenizerFormatException(WHERE + ": expected an object, found " + json.currentToken());
    }
    Map<String, Object> values = new LinkedHashMap<>();
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String name = json.currentName();
      json.nextToken();
      switch (name) {
        case "vocab" -> readVocabulary(json);
        case "merges" -> readMerges(json);
        default -> values.put(name, switch (json.currentToken()) {
          case VALUE_STRING -> json.getText();
          case VALUE_TRUE -> true;
          case VALUE_FALSE -> false;
          case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> json.getDoubleValue();
          case VALUE_NULL -> null;
          default -> throw new TokenizerFormatException(WHERE + ": the setting '" + name + "' is not supported");
        });
      }
    }
    settings = new Settings("model", values);
  }

  private void readVocabulary(JsonParser json) throws IOException {
    if (pieces.count() > 0) {
      throw new TokenizerFormatException(WHERE + ": has two vocabularies");
    }
    if (json.currentToken() == JsonToken.START_ARRAY) {
      readScoredPieces(json);
      return;
    }
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw new TokenizerFormatException(WHERE + ".vocab: expected an object or a list, found " + json.currentToken());
    }
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String piece = json.currentName();
      if (json.nextToken() != JsonToken.VALUE_NUMBER_INT || json.getLongValue() < 0
          || json.getLongValue() >= Integer.MAX_VALUE) {
        throw new TokenizerFormatException(WHERE + ".vocab: the id of '" + piece + "' is " + json.getText()
            + ", expected a whole number from 0 on");
      }
      pieces.add(piece, json.getIntValue());
    }
  }

  private void readScoredPieces(JsonParser json) throws IOException {
    scores = new double[1 << 10];
    while (json.nextToken() != JsonToken.END_ARRAY) {
      int id = pieces.count();
      if (json.currentToken() != JsonToken.START_ARRAY || json.nextToken() != JsonToken.VALUE_STRING) {
        throw new TokenizerFormatException(WHERE + ".vocab[" + id + "]: expected a piece and its score");
      }
      pieces.add(json.getText(), id);
      JsonToken number = json.nextToken();
      double score = number != null && number.isNumeric() ? Score.parse(json.getText()) : Double.NaN;
      if (!Double.isFinite(score)) {
        throw new TokenizerFormatException(WHERE + ".vocab[" + id + "]: the score is " + json.getText()
            + ", expected a number");
      }
      if (id == scores.length) {
        scores = Arrays.copyOf(scores, 2 * id);
      }
      scores[id] = score;
      if (json.nextToken() != JsonToken.END_ARRAY) {
        throw new TokenizerFormatException(WHERE + ".vocab[" + id + "]: expected a piece and its score");
      }
    }
  }

  private void readMerges(JsonParser json) throws IOException {
    if (json.currentToken() != JsonToken.START_ARRAY || hasMerges) {
      throw new TokenizerFormatException(WHERE + ".merges: expected one list");
    }
    hasMerges = true;
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (json.currentToken() == JsonToken.VALUE_STRING) {
        addMerge(json.getText());
      } else if (json.currentToken() == JsonToken.START_ARRAY) {
        readMergeSide(json);
        readMergeSide(json);
        if (json.nextToken() != JsonToken.END_ARRAY) {
          throw mergeError("has more than two sides");
        }
      } else {
        throw mergeError("is " + json.currentToken() + ", expected a pair");
      }
    }
  }

  private void addMerge(String merge) throws TokenizerFormatException {
    int space = merge.indexOf(' ');
    if (space < 0) {
      if (merge.startsWith("#version")) {
        return;
      }
      throw mergeError("has no space: '" + merge + "'");
    }
    if (merge.indexOf(' ', space + 1) >= 0) {
      throw mergeError("has more than one space: '" + merge + "'");
    }
    addMergeSide(merge.substring(0, space));
    addMergeSide(merge.substring(space + 1));
  }

  private void readMergeSide(JsonParser json) throws IOException {
    if (json.nextToken() != JsonToken.VALUE_STRING) {
      throw mergeError("is no pair of strings");
    }
    addMergeSide(json.getText());
  }

  private void addMergeSide(String side) {
    byte[] utf8 = side.getBytes(StandardCharsets.UTF_8);
    mergeText.append(utf8, 0, utf8.length);
    mergeEnds.add(mergeText.length());
  }

  private TokenizerFormatException mergeError(String what) {
    return new TokenizerFormatException(WHERE + ".merges[" + mergeEnds.size() / 2 + "]: " + what);
  }

  /** Builds the model over the complete vocabulary. */
  Model build(Vocabulary vocabulary, boolean byteLevel) throws TokenizerFormatException {
    if (pieces.count() == 0) {
      throw new TokenizerFormatException(WHERE + ": has no vocabulary");
    }
    String type = settings.has("type") ? settings.type() : hasMerges ? "BPE" : "unknown";
    if (byteLevel && !type.equals("BPE")) {
      throw new TokenizerFormatException(WHERE + ": the type '" + type
          + "' is not supported with the pre-tokenizer 'ByteLevel'");
    }
    if (type.equals("Unigram") != (scores != null)) {
      throw new TokenizerFormatException(WHERE + ".vocab: is no " + (scores == null ? "list" : "object")
          + " as the type '" + type + "' needs");
    }
    Model model = switch (type) {
      case "BPE" -> bpe(vocabulary, byteLevel);
      case "Unigram" -> unigram(vocabulary);
      case "WordPiece" -> wordPiece(vocabulary);
      default -> throw new TokenizerFormatException(WHERE + ": the type '" + type
          + "' is not supported; known are BPE, Unigram, WordPiece");
    };
    settings.takeNull("type", null);
    settings.end();
    return model;
  }

  private Model bpe(Vocabulary vocabulary, boolean byteLevel) throws TokenizerFormatException {
    for (String name : new String[] {"continuing_subword_prefix", "end_of_word_suffix"}) {
      if (settings.has(name) && !settings.string(name).isEmpty()) {
        throw settings.error(name + " is not supported");
      }
      settings.ignore(name);
    }
    if (settings.has("dropout") && settings.count("dropout") != 0) {
      throw settings.error("dropout is not supported");
    }
    settings.ignore("dropout");
    String unknown = settings.has("unk_token") ? settings.string("unk_token") : "";
    settings.ignore("unk_token");
    BpeModel.Rules rules = new BpeModel.Rules(byteLevel, settings.flag("byte_fallback", false),
        settings.flag("ignore_merges", false),
        unknown.isEmpty() ? -1 : vocabulary.findInModel(unknown), settings.flag("fuse_unk", false));
    return new BpeModel(vocabulary, merges(vocabulary), rules);
  }

  private MergeTable merges(Vocabulary vocabulary) throws TokenizerFormatException {
    int count = mergeEnds.size() / 2;
    MergeTable merges = new MergeTable(count);
    mergeText.append(new byte[Utf8Buffer.SLACK], 0, Utf8Buffer.SLACK);
    byte[] text = mergeText.bytes();
    int from = 0;
    for (int rank = 0; rank < count; rank++) {
      int middle = mergeEnds.get(2 * rank);
      int to = mergeEnds.get(2 * rank + 1);
      int left = vocabulary.findInModel(text, from, middle - from);
      int right = vocabulary.findInModel(text, middle, to - middle);
      int merged = vocabulary.findInModel(text, from, to - from);
      if (left < 0 || right < 0 || merged < 0) {
        String side = new String(text, from, middle - from, StandardCharsets.UTF_8);
        String other = new String(text, middle, to - middle, StandardCharsets.UTF_8);
        throw new TokenizerFormatException(WHERE + ".merges[" + rank + "]: '"
            + (left < 0 ? side : right < 0 ? other : side + other)
            + "' is not in the vocabulary");
      }
      merges.add(left, right, rank, merged);
      from = to;
    }
    return merges;
  }

  private Model unigram(Vocabulary vocabulary) throws TokenizerFormatException {
    int unknown = settings.count("unk_id");
    if (unknown >= pieces.count()) {
      throw settings.error("unk_id is " + unknown + ", but there are " + pieces.count() + " pieces");
    }
    return new UnigramModel(vocabulary, Arrays.copyOf(scores, pieces.count()), unknown,
        settings.flag("byte_fallback", false));
  }

  private Model wordPiece(Vocabulary vocabulary) throws TokenizerFormatException {
    String unknown = settings.string("unk_token");
    int unknownId = vocabulary.findInModel(unknown);
    if (unknownId < 0) {
      throw settings.error("unk_token '" + unknown + "' is not in the vocabulary");
    }
    return new WordPieceModel(vocabulary, settings.string("continuing_subword_prefix"), unknownId,
        settings.count("max_input_chars_per_word"));
  }
}
