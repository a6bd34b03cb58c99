package io.picaflor.tokenizer.piece;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * The characters by which byte-level vocabularies write bytes: printable Latin-1 characters stand for themselves, the
 * other bytes, in order, for U+0100, U+0101 and so on (GPT-2's table).
 */
public final class ByteAlphabet {
  private static final char[] CHARACTERS = new char[256];
  private static final short[] BYTES = new short[0x100 + 256];

  static {
    Arrays.fill(BYTES, (short) -1);
    char next = 0x100;
    for (int b = 0; b < 256; b++) {
      boolean itself = b > ' ' && b < 0x7F || b > 0xA0 && b != 0xAD;
      CHARACTERS[b] = itself ? (char) b : next++;
      BYTES[CHARACTERS[b]] = (short) b;
    }
  }

  private ByteAlphabet() {}

  /** The character that stands for a byte, given as 0 to 255. */
  public static char character(int b) {
    return CHARACTERS[b];
  }

  /** The piece by which vocabularies with byte fallback write a byte, such as {@code <0x0A>}. */
  public static String fallbackPiece(int b) {
    return "<0x" + HexFormat.of().withUpperCase().toHexDigits((byte) b) + ">";
  }

  /** The byte that a character stands for, or -1. */
  public static int byteOf(char c) {
    return c < BYTES.length ? BYTES[c] : -1;
  }
}
