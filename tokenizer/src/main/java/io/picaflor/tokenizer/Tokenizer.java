package io.picaflor.tokenizer;

import io.picaflor.tokenizer.huggingface.HuggingFaceTokenizer;
import io.picaflor.tokenizer.sentencepiece.SentencePieceTokenizer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.OptionalInt;

/**
 * Text to token ids and back.
 *
 * <p>Ids, text and their odd cases are those of the reference libraries: SentencePiece for its models, Hugging Face
 * tokenizers for {@code tokenizer.json}. A surrogate without its partner in a Java string is read as U+FFFD.
 *
 * <p><b>Special tokens and trust.</b> A prompt is a template's scaffold around words of users and tools. If those could
 * contain {@code <end_of_turn>} as a token, they could speak in another role. Hence {@link #encode(List)}, where a
 * <em>control token</em> is matched only if all of it lies in trusted parts. Control tokens are
 * <ul>
 *   <li>SentencePiece: pieces of type CONTROL, which {@link #encode(String)} never matches, as the reference; and those
 *       USER_DEFINED pieces that look like markup;
 *   <li>{@code tokenizer.json}: added tokens that are special, and those others that look like markup.
 * </ul>
 *
 * <p>A piece looks like markup if it holds a letter or digit (a name) and one of {@code < > [ ] { } |} or U+FF5C, and
 * is not the tag of an HTML element: {@code <think>}, {@code [INST]}, {@code <|im_end|>} do; runs of white space,
 * {@code ...}, {@code ab}, {@code <table>} and {@code </h1>} do not: models know these as ordinary text, and would see
 * content in other tokens than they were trained on. {@code <s>} and {@code </s>} count as control tokens, since in
 * most vocabularies they begin and end a text. Nor do merges or best paths build a control token out of untrusted
 * characters.
 *
 * <p>Implementations are immutable and may be used by many threads at once.
 */
public interface Tokenizer {
  /** One more than the largest id. Ids are 0 to this, exclusive; some may have no piece. */
  int vocabularySize();

  /**
   * The ids of a text. No start or end token is added and no template applied; tokens that stand in the text by name
   * are matched just as the reference library does.
   */
  int[] encode(String text);

  /**
   * The ids of a prompt: parts are tokenized together, across their borders, but control tokens (see above) are matched
   * only where all of the token lies in trusted parts. SentencePiece's CONTROL pieces are matched there too, and the
   * text between two of them is tokenized by itself, with its own dummy prefix if the model has one.
   *
   * <p>If no part holds the text of a control token, the result is that of {@link #encode(String)} for the joined
   * texts.
   */
  int[] encode(List<PromptPart> parts);

  /**
   * The text of a sequence of ids. Special tokens are written as the reference library does.
   *
   * @throws IllegalArgumentException if an id is not in the vocabulary: names the id and the range
   */
  default String decode(int... ids) {
    StreamingDecoder decoder = newDecoder();
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(decoder.append(id));
    }
    return text.append(decoder.finish()).toString();
  }

  /** A decoder of a stream of ids whose text is that of {@link #decode}. */
  default StreamingDecoder newDecoder() {
    return newDecoder(false);
  }

  /**
   * A decoder of a stream of ids that leaves out special tokens ({@link #isSpecial}) if {@code skipSpecial} is true.
   */
  StreamingDecoder newDecoder(boolean skipSpecial);

  /** The id whose piece, as it stands in the vocabulary (such as {@code ▁the} or {@code Ġthe}), is exactly this. */
  OptionalInt idOf(String piece);

  /**
   * The piece of an id as it stands in the vocabulary; empty for an id without a piece.
   *
   * @throws IllegalArgumentException if the id is not in the vocabulary
   */
  String pieceOf(int id);

  /**
   * Whether the id is a token that users should not see: SentencePiece's CONTROL pieces and the USER_DEFINED ones that
   * look like markup (but for {@code <s>} and {@code </s>}, which are strike-through there); in {@code tokenizer.json}
   * the added tokens that the file calls special.
   *
   * @throws IllegalArgumentException if the id is not in the vocabulary
   */
  boolean isSpecial(int id);

  /**
   * Reads a tokenizer: a {@code tokenizer.json} if the first byte that is no white space (nor a byte order mark) is a
   * brace, else a SentencePiece model. Nothing refers to {@code bytes} afterwards.
   *
   * @throws TokenizerFormatException if the data is damaged or holds what this version does not know; says what and
   *     where
   */
  static Tokenizer of(MemorySegment bytes) throws TokenizerFormatException {
    long at = 0;
    long size = bytes.byteSize();
    if (size >= 3 && (bytes.get(ValueLayout.JAVA_BYTE, 0) & 0xFF) == 0xEF
        && (bytes.get(ValueLayout.JAVA_BYTE, 1) & 0xFF) == 0xBB
        && (bytes.get(ValueLayout.JAVA_BYTE, 2) & 0xFF) == 0xBF) {
      at = 3;
    }
    while (at < size && " \t\r\n".indexOf(bytes.get(ValueLayout.JAVA_BYTE, at)) >= 0) {
      at++;
    }
    if (at == size) {
      throw new TokenizerFormatException("tokenizer: expected a SentencePiece model or a tokenizer.json, found " + size
          + " bytes without content");
    }
    return bytes.get(ValueLayout.JAVA_BYTE, at) == '{'
        ? HuggingFaceTokenizer.of(bytes.asSlice(at))
        : SentencePieceTokenizer.of(bytes);
  }
}
