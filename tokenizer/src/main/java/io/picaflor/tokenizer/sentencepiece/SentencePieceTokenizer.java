package io.picaflor.tokenizer.sentencepiece;

import io.picaflor.tokenizer.PromptPart;
import io.picaflor.tokenizer.StreamingDecoder;
import io.picaflor.tokenizer.Tokenizer;
import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.form.FormReader;
import io.picaflor.tokenizer.form.FormWriter;
import io.picaflor.tokenizer.piece.IntList;
import io.picaflor.tokenizer.piece.Prompt;
import io.picaflor.tokenizer.piece.TrustedRanges;
import io.picaflor.tokenizer.piece.Utf8Buffer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.OptionalInt;

/** A tokenizer from a SentencePiece model file; BPE and unigram. Ids and text are those of SentencePiece 0.2. */
public final class SentencePieceTokenizer implements Tokenizer {
  private final Vocabulary vocabulary;
  private final TextNormalizer normalizer;
  private final PieceEncoder encoder;
  private final String unknownSurface;
  private final boolean dropsFirstSpace;
  private final boolean removesExtraSpaces;

  private SentencePieceTokenizer(ModelProto model) throws TokenizerFormatException {
    vocabulary = new Vocabulary(model);
    normalizer = new TextNormalizer(model, vocabulary);
    encoder = model.unigram() ? new UnigramEncoder(model, vocabulary) : new BpeEncoder(model, vocabulary);
    unknownSurface = model.unknownSurface();
    dropsFirstSpace = model.addDummyPrefix() || model.removeExtraWhitespaces();
    removesExtraSpaces = model.removeExtraWhitespaces();
  }

  private SentencePieceTokenizer(FormReader form) throws TokenizerFormatException {
    unknownSurface = form.text();
    dropsFirstSpace = form.flag();
    removesExtraSpaces = form.flag();
    vocabulary = new Vocabulary(form);
    normalizer = new TextNormalizer(form, vocabulary);
    encoder = form.flag() ? new UnigramEncoder(form, vocabulary) : new BpeEncoder(form, vocabulary);
  }

  /**
   * A tokenizer in its place.
   *
   * @throws TokenizerFormatException if the form is damaged
   */
  public static SentencePieceTokenizer of(FormReader form) throws TokenizerFormatException {
    return new SentencePieceTokenizer(form);
  }

  /** Writes all of it. */
  public void write(FormWriter form) {
    form.text(unknownSurface);
    form.flag(dropsFirstSpace);
    form.flag(removesExtraSpaces);
    vocabulary.write(form);
    normalizer.write(form);
    form.flag(encoder instanceof UnigramEncoder);
    encoder.write(form);
  }

  /**
   * Reads a serialized {@code ModelProto}.
   *
   * @throws TokenizerFormatException if the data is damaged, or holds a model type or normalizer that is not supported
   */
  public static SentencePieceTokenizer of(MemorySegment bytes) throws TokenizerFormatException {
    if (bytes.byteSize() > Integer.MAX_VALUE / 2) {
      throw new TokenizerFormatException("SentencePiece model: has " + bytes.byteSize()
          + " bytes; at most 1 GiB is supported");
    }
    return new SentencePieceTokenizer(ModelProtoReader.read(bytes.toArray(ValueLayout.JAVA_BYTE)));
  }

  @Override
  public int vocabularySize() {
    return vocabulary.size();
  }

  @Override
  public int[] encode(String text) {
    Utf8Buffer utf8 = new Utf8Buffer(text.length());
    utf8.append(text, 0, text.length());
    IntList ids = new IntList(text.length() / 3 + 8);
    encode(utf8.bytes(), 0, utf8.length(), TrustedRanges.all(utf8.length()), true, ids);
    return ids.toArray();
  }

  @Override
  public int[] encode(List<PromptPart> parts) {
    Prompt prompt = Prompt.of(parts);
    String text = prompt.text();
    Utf8Buffer utf8 = new Utf8Buffer(text.length());
    TrustedRanges.Builder ranges = new TrustedRanges.Builder();
    for (int at = 0; at < text.length();) {
      boolean trusted = prompt.trusted().end(at) > at;
      ranges.set(utf8.length(), trusted);
      int end = prompt.trusted().next(at);
      utf8.append(text, at, end);
      at = end;
    }
    TrustedRanges trusted = ranges.build(utf8.length());
    IntList ids = new IntList(text.length() / 3 + 8);
    int from = 0;
    for (int at = 0; at < utf8.length();) {
      long control = vocabulary.controlAt(utf8.bytes(), at, trusted);
      long userDefined = vocabulary.userDefinedAt(utf8.bytes(), at, utf8.length(), trusted);
      if (control >>> 32 > userDefined >>> 32) {
        encode(utf8.bytes(), from, at, trusted, prompt.whole(), ids);
        ids.add((int) control);
        at += (int) (control >>> 32);
        from = at;
      } else {
        at += Math.max(1, (int) (userDefined >>> 32));
      }
    }
    encode(utf8.bytes(), from, utf8.length(), trusted, prompt.whole(), ids);
    return ids.toArray();
  }

  private void encode(byte[] text, int from, int to, TrustedRanges trusted, boolean whole, IntList ids) {
    if (from == to) {
      return;
    }
    TrustedRanges.Builder ranges = new TrustedRanges.Builder();
    Utf8Buffer normalized = normalizer.normalize(text, from, to, trusted, ranges);
    TrustedRanges normalizedTrust = whole ? TrustedRanges.all(normalized.length()) : ranges.build(normalized.length());
    encoder.encode(normalized, normalizedTrust, new PieceSink(vocabulary, ids));
  }

  @Override
  public StreamingDecoder newDecoder(boolean skipSpecial) {
    return new SentencePieceDecoder(this, vocabulary, skipSpecial);
  }

  @Override
  public OptionalInt idOf(String piece) {
    Utf8Buffer utf8 = new Utf8Buffer(piece.length());
    utf8.append(piece, 0, piece.length());
    int id = vocabulary.findAny(utf8.bytes(), 0, utf8.length());
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

  String unknownSurface() {
    return unknownSurface;
  }

  boolean dropsFirstSpace() {
    return dropsFirstSpace;
  }

  boolean removesExtraSpaces() {
    return removesExtraSpaces;
  }

  void check(int id) {
    if (id < 0 || id >= vocabulary.size()) {
      throw new IllegalArgumentException("token id " + id + " is not in the vocabulary: expected 0 to "
          + (vocabulary.size() - 1));
    }
  }
}
