package io.picaflor.tokenizer.sentencepiece;

import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.form.FormReader;
import io.picaflor.tokenizer.form.FormWriter;
import io.picaflor.tokenizer.piece.IntTable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The compiled normalization rules of a SentencePiece model: byte sequences and what replaces them.
 *
 * <p>Layout of {@code precompiled_charsmap}: u32 size of the trie in bytes, the trie, the replacements, each ended by a
 * zero byte. The trie is a double array of u32 units (darts-clone): bit 31 and bits 0-7 are the label, bit 8 says that
 * a value hangs below, bits 10-30 are the offset, shifted left by 8 if bit 9 is set; a value unit holds in bits 0-30
 * where its replacement begins. Positions are checked against the array as they are followed: a damaged trie matches
 * less, never reads elsewhere.
 */
final class CharacterMap {
  /**
   * Longest replacement accepted: text grows no further. The longest of Unicode's compatibility mappings has 33 bytes.
   */
  private static final int MAX_REPLACEMENT = 128;

  private final IntTable units;
  private final byte[] replacements;

  private CharacterMap(IntTable units, byte[] replacements) {
    this.units = units;
    this.replacements = replacements;
  }

  static CharacterMap read(byte[] blob) throws TokenizerFormatException {
    if (blob.length < 8) {
      throw damaged("has " + blob.length + " bytes, expected at least 8");
    }
    ByteBuffer values = ByteBuffer.wrap(blob).order(ByteOrder.LITTLE_ENDIAN);
    int trieBytes = values.getInt(0);
    if (trieBytes < 4 || trieBytes % 4 != 0 || trieBytes > blob.length - 4) {
      throw damaged("says that its trie has " + Integer.toUnsignedString(trieBytes) + " bytes of " + (blob.length - 4)
          + "; expected a multiple of 4 that fits");
    }
    IntTable units = new IntTable(trieBytes / 4);
    for (int i = 0; i < units.size(); i++) {
      units.set(i, values.getInt(4 + 4 * i));
    }
    byte[] replacements = Arrays.copyOfRange(blob, 4 + trieBytes, blob.length);
    int run = 0;
    for (byte b : replacements) {
      run = b == 0 ? 0 : run + 1;
      if (run > MAX_REPLACEMENT) {
        throw damaged("has a replacement of more than " + MAX_REPLACEMENT + " bytes");
      }
    }
    return new CharacterMap(units, replacements);
  }

  /** A map in its place; the replacements, which are small, are copied. */
  static CharacterMap read(FormReader form) throws TokenizerFormatException {
    IntTable units = IntTable.read(form);
    ByteBuffer table = form.table();
    if (units.size() == 0) {
      throw form.damaged("expected a character map, found none");
    }
    byte[] replacements = new byte[table.capacity()];
    table.get(0, replacements);
    return new CharacterMap(units, replacements);
  }

  void write(FormWriter form) {
    units.write(form);
    form.table(ByteBuffer.wrap(replacements));
  }

  /**
   * The longest rule that matches at {@code from}.
   *
   * @return {@code matched bytes << 32 | start of the replacement}, 0 if no rule matches
   */
  long longestMatch(byte[] text, int from, int to) {
    long best = 0;
    int node = offset(units.get(0));
    for (int i = from; i < to; i++) {
      int label = text[i] & 0xFF;
      node ^= label;
      if (node < 0 || node >= units.size()) {
        return best;
      }
      int unit = units.get(node);
      if ((unit & 0x800000FF) != label) {
        return best;
      }
      node ^= offset(unit);
      if ((unit >>> 8 & 1) != 0 && node >= 0 && node < units.size()) {
        int value = units.get(node) & 0x7FFFFFFF;
        if (value < replacements.length) {
          best = (long) (i + 1 - from) << 32 | value;
        }
      }
    }
    return best;
  }

  byte[] replacements() {
    return replacements;
  }

  /** Where the replacement that begins at {@code start} ends, exclusive. */
  int replacementEnd(int start) {
    int end = start;
    while (end < replacements.length && replacements[end] != 0) {
      end++;
    }
    return end;
  }

  private static int offset(int unit) {
    return unit >>> 10 << ((unit & 1 << 9) >>> 6);
  }

  private static TokenizerFormatException damaged(String what) {
    return new TokenizerFormatException("SentencePiece model, normalizer_spec.precompiled_charsmap: " + what);
  }
}
