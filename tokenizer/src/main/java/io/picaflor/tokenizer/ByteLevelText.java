package io.picaflor.tokenizer;

import io.picaflor.tokenizer.piece.ByteAlphabet;
import io.picaflor.tokenizer.piece.Utf8Decoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;

/**
 * A tokenizer over byte characters: text is written byte by byte in GPT-2's printable characters before it is tokenized, and
 * read back from them afterwards.
 *
 * <p>For byte-level vocabularies that were converted to SentencePiece, which MediaPipe's bundles mark with
 * {@code BYTES_TO_UNICODE} ({@code FORMATS.md}, 3.3). Pieces keep their byte characters; names of control tokens are printable
 * ASCII and read the same in both.
 */
public final class ByteLevelText implements Tokenizer {
  private final Tokenizer pieces;

  /** Text for a tokenizer whose pieces are byte characters. */
  public ByteLevelText(Tokenizer pieces) {
    this.pieces = pieces;
  }

  private static String written(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    StringBuilder characters = new StringBuilder(utf8.length);
    for (byte b : utf8) {
      characters.append(ByteAlphabet.character(b & 0xFF));
    }
    return characters.toString();
  }

  @Override
  public int vocabularySize() {
    return pieces.vocabularySize();
  }

  @Override
  public int[] encode(String text) {
    return pieces.encode(written(text));
  }

  @Override
  public int[] encode(List<PromptPart> parts) {
    return pieces.encode(parts.stream().map(part -> new PromptPart(written(part.text()), part.trusted())).toList());
  }

  @Override
  public StreamingDecoder newDecoder(boolean skipSpecial) {
    return new Decoder(pieces.newDecoder(skipSpecial));
  }

  @Override
  public OptionalInt idOf(String piece) {
    return pieces.idOf(piece);
  }

  @Override
  public String pieceOf(int id) {
    return pieces.pieceOf(id);
  }

  @Override
  public boolean isSpecial(int id) {
    return pieces.isSpecial(id);
  }

  /** Reads byte characters back; any other character stands for itself. */
  private static final class Decoder implements StreamingDecoder {
    private final StreamingDecoder characters;
    private final Utf8Decoder bytes = new Utf8Decoder(Utf8Decoder.Malformed.ONE_PER_MAXIMAL_PART);

    Decoder(StreamingDecoder characters) {
      this.characters = characters;
    }

    @Override
    public String append(int id) {
      return read(characters.append(id), new StringBuilder()).toString();
    }

    @Override
    public String finish() {
      StringBuilder text = read(characters.finish(), new StringBuilder());
      bytes.finish(text);
      return text.toString();
    }

    private StringBuilder read(String written, StringBuilder text) {
      for (int i = 0; i < written.length(); i++) {
        int b = ByteAlphabet.byteOf(written.charAt(i));
        if (b >= 0) {
          bytes.append((byte) b, text);
        } else {
          bytes.finish(text);
          text.append(written.charAt(i));
        }
      }
      return text;
    }
  }
}
