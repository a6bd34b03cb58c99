package io.picaflor.tokenizer.piece;

import java.util.Arrays;

/**
 * A growing array of UTF-8 bytes with eight spare bytes behind its content, so that {@link PieceIndex} may read whole
 * words.
 *
 * <p>For one thread.
 */
public final class Utf8Buffer {
  /** Bytes that every array handed to {@link PieceIndex} has behind the last piece. */
  public static final int SLACK = 8;

  private static final int REPLACEMENT = 0xFFFD;

  private byte[] bytes;
  private int length;

  public Utf8Buffer(int expectedLength) {
    bytes = new byte[expectedLength + SLACK];
  }

  /**
   * The content, followed by at least {@link #SLACK} bytes without meaning; replaced by another array as the buffer
   * grows.
   */
  public byte[] bytes() {
    return bytes;
  }

  public int length() {
    return length;
  }

  /** Cuts the content to its first {@code newLength} bytes. */
  public void truncate(int newLength) {
    length = newLength;
  }

  public void append(byte b) {
    reserve(1);
    bytes[length++] = b;
  }

  public void append(byte[] source, int from, int count) {
    reserve(count);
    System.arraycopy(source, from, bytes, length, count);
    length += count;
  }

  /** Appends the characters {@code from} to {@code to}; a surrogate without its partner becomes U+FFFD. */
  public void append(CharSequence text, int from, int to) {
    reserve(Math.multiplyExact(3, to - from));
    int i = from;
    while (i < to) {
      char c = text.charAt(i++);
      if (c < 0x80) {
        bytes[length++] = (byte) c;
      } else if (Character.isHighSurrogate(c) && i < to && Character.isLowSurrogate(text.charAt(i))) {
        appendCodePoint(Character.toCodePoint(c, text.charAt(i++)));
      } else {
        appendCodePoint(c);
      }
    }
  }

  /** Appends one code point; a surrogate becomes U+FFFD. */
  public void appendCodePoint(int codePoint) {
    reserve(4);
    int cp = codePoint;
    if (cp < 0x80) {
      bytes[length++] = (byte) cp;
    } else if (cp < 0x800) {
      bytes[length++] = (byte) (0xC0 | cp >> 6);
      bytes[length++] = (byte) (0x80 | cp & 0x3F);
    } else if (cp < 0x10000) {
      if (cp >= Character.MIN_SURROGATE && cp <= Character.MAX_SURROGATE) {
        cp = REPLACEMENT;
      }
      bytes[length++] = (byte) (0xE0 | cp >> 12);
      bytes[length++] = (byte) (0x80 | cp >> 6 & 0x3F);
      bytes[length++] = (byte) (0x80 | cp & 0x3F);
    } else {
      bytes[length++] = (byte) (0xF0 | cp >> 18);
      bytes[length++] = (byte) (0x80 | cp >> 12 & 0x3F);
      bytes[length++] = (byte) (0x80 | cp >> 6 & 0x3F);
      bytes[length++] = (byte) (0x80 | cp & 0x3F);
    }
  }

  /** Length of the character that begins with this byte, as its first bits have it; 1 for a byte that begins none. */
  public static int lengthOf(byte first) {
    int b = first & 0xFF;
    return b < 0xC0 ? 1 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
  }

  private void reserve(int count) {
    int needed = Math.addExact(Math.addExact(length, count), SLACK);
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, (int) Math.min(Integer.MAX_VALUE - SLACK, Math.max(needed, 2L * bytes.length)));
    }
  }
}
