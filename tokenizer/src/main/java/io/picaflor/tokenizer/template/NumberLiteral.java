package io.picaflor.tokenizer.template;

import io.picaflor.tokenizer.template.Token.Kind;
import java.math.BigInteger;

/** Reads Python's numbers: {@code 1_000}, {@code 0x1f}, {@code 0o17}, {@code 0b1}, {@code 1.5e-3}. */
final class NumberLiteral {
  private static final int MAX_DIGITS = 4_300; // Python's own bound

  private NumberLiteral() {}

  /** Adds the number at {@code at} and gives the offset behind it. */
  static int read(String source, int at, Lexer lexer) {
    int end = real(source, at);
    if (end > 0) {
      check(at, end);
      lexer.add(Kind.NUMBER, "", new Real(Double.parseDouble(source.substring(at, end).replace("_", ""))), at);
      return end;
    }
    int base = source.charAt(at) != '0' || at + 1 >= source.length() ? 10 : switch (source.charAt(at + 1)) {
      case 'x', 'X' -> 16;
      case 'o', 'O' -> 8;
      case 'b', 'B' -> 2;
      default -> 10;
    };
    if (base != 10) {
      end = digits(source, at + 2, base, true);
      if (end > at + 2) {
        check(at, end);
        lexer.add(Kind.NUMBER, "", Int.of(new BigInteger(source.substring(at + 2, end).replace("_", ""), base)), at);
        return end;
      }
    }
    end = digits(source, at, 10, false);
    check(at, end);
    String digits = source.substring(at, end).replace("_", "");
    Int value = Int.of(new BigInteger(digits));
    if (digits.charAt(0) == '0' && value.truth()) {
      throw Failure.syntax("a number does not begin with 0", at);
    }
    lexer.add(Kind.NUMBER, digits, value, at);
    return end;
  }

  private static void check(int at, int end) {
    if (end - at > MAX_DIGITS) {
      throw Failure.limit("a number has more than " + MAX_DIGITS + " digits", at);
    }
  }

  /** The end of digits with single underscores between them. */
  private static int digits(String s, int from, int base, boolean leadingUnderscore) {
    int i = from;
    while (i < s.length()) {
      boolean underscore = s.charAt(i) == '_' && (i > from || leadingUnderscore);
      int digit = i + (underscore ? 1 : 0);
      if (digit >= s.length() || s.charAt(digit) >= 0x80 || Character.digit(s.charAt(digit), base) < 0) {
        break;
      }
      i = digit + 1;
    }
    return i;
  }

  /** The end of a number with a fraction or an exponent, or -1. */
  private static int real(String s, int at) {
    if (at > 0 && s.charAt(at - 1) == '.') {
      return -1;
    }
    int whole = digits(s, at, 10, false);
    int end = whole;
    if (end < s.length() && s.charAt(end) == '.') {
      int fraction = digits(s, end + 1, 10, false);
      end = fraction > end + 1 ? fraction : end;
    }
    if (end < s.length() && (s.charAt(end) == 'e' || s.charAt(end) == 'E')) {
      int sign = end + 1 < s.length() && (s.charAt(end + 1) == '-' || s.charAt(end + 1) == '+') ? 1 : 0;
      int exponent = digits(s, end + 1 + sign, 10, false);
      end = exponent > end + 1 + sign ? exponent : end;
    }
    return end > whole ? end : -1;
  }
}
