package io.picaflor.tokenizer.huggingface;

import io.picaflor.tokenizer.PromptPart;
import io.picaflor.tokenizer.StreamingDecoder;
import io.picaflor.tokenizer.Tokenizer;
import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.form.FormReader;
import io.picaflor.tokenizer.form.FormWriter;
import io.picaflor.tokenizer.piece.IntList;
import io.picaflor.tokenizer.piece.Prompt;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalInt;

/**
 * A tokenizer from a Hugging Face {@code tokenizer.json}: BPE (of bytes, or with byte fallback), Unigram, WordPiece.
 *
 * <p>Ids and text are those of Hugging Face's tokenizers 0.21 to 0.23, without the special tokens that a post-processor
 * would add.
 */
public final class HuggingFaceTokenizer implements Tokenizer {
  private final Vocabulary vocabulary;
  // Looked for in the text as it is, in the normalized text, and in mixed prompts: the control tokens among the latter,
  // as they are.
  private final AddedTokens rawTokens;
  private final AddedTokens normalizedTokens;
  private final AddedTokens normalizedControlTokens;
  private final Parts parts;
  private final Normalizer normalizer;
  private final PreTokenizer preTokenizer;
  private final Model model;
  private final DecoderPlan decoder;

  HuggingFaceTokenizer(TokenizerJson file) throws TokenizerFormatException {
    vocabulary = file.vocabulary();
    parts = file.parts();
    normalizer = parts.newNormalizer();
    preTokenizer = parts.newPreTokenizer().preTokenizer();
    decoder = parts.newDecoder();
    model = file.model();
    rawTokens = new AddedTokens(file.addedTokens().stream().filter(t -> !t.normalized()).toList(), AddedToken::content);
    List<AddedToken> normalized = file.addedTokens().stream().filter(AddedToken::normalized).toList();
    normalizedTokens = new AddedTokens(normalized, t -> normalizer.normalize(t.content()));
    normalizedControlTokens = new AddedTokens(normalized.stream().filter(AddedToken::isControl).toList(),
        AddedToken::content);
  }

  /**
   * Reads a tokenizer.json.
   *
   * @throws TokenizerFormatException if the file is damaged, or holds a part that is not supported; names it
   */
  public static HuggingFaceTokenizer of(MemorySegment bytes) throws TokenizerFormatException {
    return new HuggingFaceTokenizer(new TokenizerJsonReader(bytes).read());
  }

  private HuggingFaceTokenizer(FormReader form) throws TokenizerFormatException {
    parts = Parts.read(form);
    normalizer = parts.newNormalizer();
    preTokenizer = parts.newPreTokenizer().preTokenizer();
    decoder = parts.newDecoder();
    vocabulary = new Vocabulary(form);
    rawTokens = new AddedTokens(form);
    normalizedTokens = new AddedTokens(form);
    normalizedControlTokens = new AddedTokens(form);
    model = Model.read(form, vocabulary);
  }

  /**
   * A tokenizer in its place.
   *
   * @throws TokenizerFormatException if the form is damaged
   */
  public static HuggingFaceTokenizer of(FormReader form) throws TokenizerFormatException {
    return new HuggingFaceTokenizer(form);
  }

  /** Writes all of it. */
  public void write(FormWriter form) {
    parts.write(form);
    vocabulary.write(form);
    rawTokens.write(form);
    normalizedTokens.write(form);
    normalizedControlTokens.write(form);
    model.write(form);
  }

  @Override
  public int vocabularySize() {
    return vocabulary.size();
  }

  @Override
  public int[] encode(String text) {
    return encode(Prompt.trusted(text));
  }

  @Override
  public int[] encode(List<PromptPart> parts) {
    return encode(Prompt.of(parts));
  }

  private int[] encode(Prompt prompt) {
    String text = wellFormed(prompt.text());
    IntList ids = new IntList(text.length() / 3 + 8);
    Model.Encoder encoder = model.newEncoder(ids, prompt.whole());
    AddedTokens.Permission ifTrusted = (control, start, end) -> !control || end <= prompt.trusted().end(start);
    rawTokens.find(text, 0, text.length(), ifTrusted, (start, end, id) -> {
      if (id != AddedTokens.TEXT) {
        ids.add(id);
      } else if (prompt.trusted().end(start) >= end) {
        encodeSection(text.substring(start, end), start == 0, true, encoder, ids);
      } else {
        // Where some text is not trusted, control tokens that are looked for in normalized text are looked for before
        // it is normalized: behind it, nobody knows which part came from whom.
        normalizedControlTokens.find(text, start, end, ifTrusted, (partStart, partEnd, control) -> {
          if (control != AddedTokens.TEXT) {
            ids.add(control);
          } else {
            encodeSection(text.substring(partStart, partEnd), partStart == 0, false, encoder, ids);
          }
        });
      }
    });
    return ids.toArray();
  }

  /** Encodes text without control tokens that are found in raw text. */
  private void encodeSection(String section, boolean atTextStart, boolean trusted, Model.Encoder encoder, IntList ids) {
    String text = normalizer.normalize(section);
    if (normalizedTokens.isEmpty()) {
      encodeWords(text, atTextStart, encoder);
      return;
    }
    AddedTokens.Permission permission = (control, _, _) -> trusted || !control;
    normalizedTokens.find(text, 0, text.length(), permission, (start, end, id) -> {
      if (id != AddedTokens.TEXT) {
        ids.add(id);
      } else {
        encodeWords(text.substring(start, end), atTextStart && start == 0, encoder);
      }
    });
  }

  private void encodeWords(String text, boolean atTextStart, Model.Encoder encoder) {
    Words words = preTokenizer.split(Words.whole(text, atTextStart));
    for (int i = 0; i < words.count(); i++) {
      encoder.encode(words.text(), words.start(i), words.end(i));
    }
  }

  /** The text with each surrogate that has no partner replaced by U+FFFD; text with pairs only is returned as it is. */
  private static String wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        StringBuilder result = new StringBuilder(text.length());
        text.codePoints().forEach(
            c -> result.appendCodePoint(c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c));
        return result.toString();
      }
    }
    return text;
  }

  @Override
  public StreamingDecoder newDecoder(boolean skipSpecial) {
    return new HuggingFaceDecoder(this, decoder, skipSpecial);
  }

  @Override
  public OptionalInt idOf(String piece) {
    int id = vocabulary.find(piece);
    return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
  }

  @Override
  public String pieceOf(int id) {
    check(id);
    return vocabulary.pieces().text(id);
  }

  @Override
  public boolean isSpecial(int id) {
    check(id);
    return vocabulary.isSpecial(id);
  }

  private void check(int id) {
    if (id < 0 || id >= vocabulary.size()) {
      throw new IllegalArgumentException("token id " + id + " is not in the vocabulary: expected 0 to "
          + (vocabulary.size() - 1));
    }
  }
}
