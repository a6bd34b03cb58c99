package io.picaflor.model;

import io.picaflor.ModelFormatException;
import java.lang.foreign.MemorySegment;

/**
 * A tokenizer as the file holds it, unread.
 *
 * @param kind what the bytes are
 * @param section where they lie
 * @param packed whether they are packed there
 */
public record TokenizerData(Kind kind, Bytes section, boolean packed) {
  /** The formats that model files hold. */
  public enum Kind {
    /** A SentencePiece {@code ModelProto}. */
    SENTENCE_PIECE,
    /** Hugging Face's {@code tokenizer.json}, UTF-8. */
    TOKENIZER_JSON
  }

  /**
   * The tokenizer's bytes: a slice of the file's mapping, valid until the {@link ModelFile} is closed; of a packed one a copy, made
   * anew at each call.
   *
   * @throws ModelFormatException if they are packed and damaged
   */
  public MemorySegment bytes() throws ModelFormatException {
    return packed ? CompressedTokenizer.inflate(section) : section.segment();
  }
}
