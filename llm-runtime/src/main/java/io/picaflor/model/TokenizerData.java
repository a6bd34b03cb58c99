package io.picaflor.model;

import java.lang.foreign.MemorySegment;

/**
 * A tokenizer as the file holds it, unread.
 *
 * @param kind what the bytes are
 * @param bytes a slice of the file's mapping, valid until the {@link ModelFile} is closed; of a compressed one, a copy
 */
public record TokenizerData(Kind kind, MemorySegment bytes) {
  /** The formats that model files hold. */
  public enum Kind {
    /** A SentencePiece {@code ModelProto}. */
    SENTENCE_PIECE,
    /** Hugging Face's {@code tokenizer.json}, UTF-8. */
    TOKENIZER_JSON
  }
}
