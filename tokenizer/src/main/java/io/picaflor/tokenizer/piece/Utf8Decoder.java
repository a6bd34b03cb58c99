package io.picaflor.tokenizer.piece;

/**
 * Bytes to code points, one byte at a time: a code point comes out with its last byte, U+FFFD as soon as no further
 * byte can make the waiting ones a character.
 *
 * <p>For one thread.
 */
public final class Utf8Decoder {
  /** What a malformed sequence becomes. */
  public enum Malformed {
    /** One U+FFFD for the longest part that could have begun a character, as the Unicode standard advises. */
    ONE_PER_MAXIMAL_PART,
    /** One U+FFFD for each byte. */
    ONE_PER_BYTE
  }

  private static final char REPLACEMENT = '\uFFFD';

  private final Malformed malformed;
  private int codePoint;
  private int seen;
  private int missing;
  // What the next byte may be; the first trailing byte's range excludes overlong forms, surrogates and what is past
  // U+10FFFF.
  private int lowest;
  private int highest;
  private int errors;

  public Utf8Decoder(Malformed malformed) {
    this.malformed = malformed;
  }

  public void append(byte next, StringBuilder out) {
    int b = next & 0xFF;
    if (missing > 0) {
      if (b >= lowest && b <= highest) {
        codePoint = codePoint << 6 | b & 0x3F;
        seen++;
        lowest = 0x80;
        highest = 0xBF;
        if (--missing == 0) {
          out.appendCodePoint(codePoint);
        }
        return;
      }
      finish(out);
    }
    if (b < 0x80) {
      out.append((char) b);
    } else if (b >= 0xC2 && b <= 0xDF) {
      begin(b & 0x1F, 1, 0x80, 0xBF);
    } else if (b >= 0xE0 && b <= 0xEF) {
      begin(b & 0x0F, 2, b == 0xE0 ? 0xA0 : 0x80, b == 0xED ? 0x9F : 0xBF);
    } else if (b >= 0xF0 && b <= 0xF4) {
      begin(b & 0x07, 3, b == 0xF0 ? 0x90 : 0x80, b == 0xF4 ? 0x8F : 0xBF);
    } else {
      out.append(REPLACEMENT);
      errors++;
    }
  }

  /** How many malformed sequences there were so far. */
  public int errors() {
    return errors;
  }

  /** Ends the sequence: an unfinished character becomes U+FFFD. */
  public void finish(StringBuilder out) {
    if (missing > 0) {
      // Trailing bytes can begin nothing, so that each of them would become a U+FFFD of its own.
      out.repeat(REPLACEMENT, malformed == Malformed.ONE_PER_BYTE ? seen : 1);
      missing = 0;
      errors++;
    }
  }

  private void begin(int leadBits, int trailing, int lowestNext, int highestNext) {
    codePoint = leadBits;
    seen = 1;
    missing = trailing;
    lowest = lowestNext;
    highest = highestNext;
  }
}
