package io.picaflor.tokenizer;

import io.picaflor.tokenizer.form.FormReader;
import io.picaflor.tokenizer.form.FormWriter;
import io.picaflor.tokenizer.form.PreparedForm;
import io.picaflor.tokenizer.huggingface.HuggingFaceTokenizer;
import io.picaflor.tokenizer.sentencepiece.SentencePieceTokenizer;
import java.lang.foreign.MemorySegment;

/**
 * A tokenizer in the form in which it is used, for a file that is mapped: opening it parses nothing, and reads tables where they
 * lie ({@code docs/tokenizer-form.md}).
 */
public final class PreparedTokenizer {
  /** Which layout of the form is written, and the only one that is read. */
  public static final int VERSION = PreparedForm.VERSION;

  private PreparedTokenizer() {}

  /**
   * Makes the form of a tokenizer; equal files have equal forms.
   *
   * @param bytes a tokenizer's file, as {@link Tokenizer#of} takes it
   * @return the form, in memory of its own
   * @throws TokenizerFormatException if the data is damaged or holds what this version does not know, or would be too large
   */
  public static MemorySegment prepare(MemorySegment bytes) throws TokenizerFormatException {
    FormWriter form = new FormWriter();
    Tokenizer tokenizer = Tokenizer.of(bytes);
    if (tokenizer instanceof HuggingFaceTokenizer json) {
      json.write(form);
      return form.finish(PreparedForm.Kind.TOKENIZER_JSON);
    }
    ((SentencePieceTokenizer) tokenizer).write(form);
    return form.finish(PreparedForm.Kind.SENTENCE_PIECE);
  }

  /**
   * Opens a form.
   *
   * @param form the whole of it; must stay valid and unchanged while the tokenizer and its decoders are in use
   * @return a tokenizer that gives the same as {@link Tokenizer#of} for the file
   * @throws TokenizerFormatException if it is damaged, cut, or of another version
   */
  public static Tokenizer open(MemorySegment form) throws TokenizerFormatException {
    PreparedForm prepared = PreparedForm.open(form);
    FormReader reader = prepared.reader();
    Tokenizer tokenizer = switch (prepared.kind()) {
      case SENTENCE_PIECE -> SentencePieceTokenizer.of(reader);
      case TOKENIZER_JSON -> HuggingFaceTokenizer.of(reader);
    };
    reader.end();
    return tokenizer;
  }
}
