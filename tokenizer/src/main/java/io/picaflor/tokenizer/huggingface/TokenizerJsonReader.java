package io.picaflor.tokenizer.huggingface;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.picaflor.tokenizer.TokenizerFormatException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a tokenizer.json in one pass. The parts may come in any order. For one file.
 *
 * <p>What does not touch ids and text is skipped: truncation, padding, the post-processor (which adds special tokens).
 * Any other part or setting that is not known is refused by name.
 */
final class TokenizerJsonReader {
  /** How deep objects and lists may lie in each other. */
  static final int MAX_DEPTH = 64;
  private static final int MAX_ADDED_TOKENS = 1_000_000;

  private static final JsonFactory JSON = JsonFactory.builder()
      .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
      // The names of a vocabulary are all different: keeping them would only cost.
      .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
      .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
      .build();

  private final byte[] bytes;

  private final List<AddedToken> addedTokens = new ArrayList<>();
  private Settings normalizer;
  private Settings preTokenizer;
  private Settings decoder;
  private ModelReader model;

  TokenizerJsonReader(MemorySegment segment) throws TokenizerFormatException {
    if (segment.byteSize() > Integer.MAX_VALUE / 4) {
      throw new TokenizerFormatException("tokenizer.json: has " + segment.byteSize()
          + " bytes; at most 512 MiB are supported");
    }
    bytes = segment.toArray(ValueLayout.JAVA_BYTE);
  }

  TokenizerJson read() throws TokenizerFormatException {
    try (JsonParser json = JSON.createParser(bytes)) {
      json.nextToken();
      readFile(json);
    } catch (TokenizerFormatException e) {
      throw e;
    } catch (IOException e) {
      throw new TokenizerFormatException("tokenizer.json is damaged: " + firstLine(e.getMessage()), e);
    }
    if (model == null) {
      throw new TokenizerFormatException("tokenizer.json: has no model");
    }
    Parts parts = new Parts(normalizer, preTokenizer, decoder);
    parts.newNormalizer(); // what is not supported there is refused before the vocabulary is read through
    boolean byteLevel = parts.newPreTokenizer().byteLevel();
    parts.newDecoder();
    Vocabulary vocabulary = new Vocabulary(model.pieces(), addedTokens);
    return new TokenizerJson(vocabulary, addedTokens, parts, model.build(vocabulary, byteLevel));
  }

  private void readFile(JsonParser json) throws IOException {
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String name = json.currentName();
      json.nextToken();
      switch (name) {
        case "version", "truncation", "padding", "post_processor" -> json.skipChildren();
        case "added_tokens" -> readAddedTokens(json);
        case "normalizer" -> normalizer = Settings.readOrNull(json, name);
        case "pre_tokenizer" -> preTokenizer = Settings.readOrNull(json, name);
        case "decoder" -> decoder = Settings.readOrNull(json, name);
        case "model" -> {
          if (model != null) {
            throw new TokenizerFormatException("tokenizer.json: has two models");
          }
          model = new ModelReader();
          model.read(json);
        }
        default -> throw new TokenizerFormatException("tokenizer.json: the part '" + name + "' is not supported");
      }
    }
    if (json.nextToken() != null) {
      throw new TokenizerFormatException("tokenizer.json: something follows the end, at "
          + json.currentLocation().offsetDescription());
    }
  }

  private void readAddedTokens(JsonParser json) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return;
    }
    if (json.currentToken() != JsonToken.START_ARRAY || !addedTokens.isEmpty()) {
      throw new TokenizerFormatException("tokenizer.json, added_tokens: expected one list");
    }
    Map<String, Integer> ids = new HashMap<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      Settings settings = Settings.readOrNull(json, "added_tokens[" + addedTokens.size() + "]");
      if (settings == null || addedTokens.size() == MAX_ADDED_TOKENS) {
        throw new TokenizerFormatException("tokenizer.json, added_tokens: expected at most " + MAX_ADDED_TOKENS
            + " tokens");
      }
      AddedToken token = new AddedToken(settings.count("id"), settings.string("content"),
          settings.flag("single_word", false),
          settings.flag("lstrip", false), settings.flag("rstrip", false), settings.flag("normalized", true),
          settings.flag("special", false));
      settings.end();
      if (token.content().length() > PieceList.MAX_PIECE) {
        throw settings.error("content has " + token.content().length() + " characters; at most " + PieceList.MAX_PIECE
            + " are supported");
      }
      if (!token.content().isEmpty() && ids.put(token.content(), token.id()) == null) {
        addedTokens.add(token);
      }
    }
  }

  private static String firstLine(String message) {
    return message == null ? "unreadable" : message.lines().findFirst().orElse("unreadable");
  }
}
