package io.picaflor.tokenizer.template;

import io.picaflor.tokenizer.template.Token.Kind;

/** Reads Python's strings with their escapes. */
final class StringLiteral {
  private final String source;
  private final StringBuilder chars = new StringBuilder();
  private boolean surrogates; // a pair was spelled as two characters, and counts as two
  private int at;

  private StringLiteral(String source, int at) {
    this.source = source;
    this.at = at;
  }

  /** Adds the string at {@code at} and gives the offset behind it. */
  static int read(String source, int at, Lexer lexer) {
    StringLiteral literal = new StringLiteral(source, at + 1);
    literal.read(source.charAt(at), at);
    String chars = literal.chars.toString();
    lexer.add(Kind.STRING, "", literal.surrogates ? Text.ofUnits(chars) : Text.trusted(chars), at);
    return literal.at;
  }

  private void read(char quote, int start) {
    while (at < source.length()) {
      char c = source.charAt(at);
      if (c == quote) {
        at++;
        return;
      }
      if (c == '\\' && at + 1 < source.length()) {
        escape();
      } else {
        int end = at + 1;
        while (end < source.length() && source.charAt(end) != quote && source.charAt(end) != '\\') {
          end++;
        }
        chars.append(source, at, end);
        at = end;
      }
    }
    throw Failure.syntax("this string is not closed", start);
  }

  private void escape() {
    char c = source.charAt(at + 1);
    at += 2;
    switch (c) {
      case '\n' -> {}
      case '\\', '\'', '"' -> chars.append(c);
      case 'a' -> chars.append('\u0007');
      case 'b' -> chars.append('\b');
      case 'f' -> chars.append('\f');
      case 'n' -> chars.append('\n');
      case 'r' -> chars.append('\r');
      case 't' -> chars.append('\t');
      case 'v' -> chars.append('\u000b');
      case 'x' -> hex(2);
      case 'u' -> hex(4);
      case 'U' -> hex(8);
      case 'N' -> named();
      case '0', '1', '2', '3', '4', '5', '6', '7' -> octal();
      default -> unknown(c);
    }
  }

  private void hex(int digits) {
    int end = Math.min(at + digits, source.length());
    int code = 0;
    for (int i = at; i < end; i++) {
      int digit = source.charAt(i) < 0x80 ? Character.digit(source.charAt(i), 16) : -1;
      if (digit < 0 || code > Character.MAX_CODE_POINT) {
        end = -1;
        break;
      }
      code = code << 4 | digit;
    }
    if (end != at + digits || !Character.isValidCodePoint(code)) {
      throw Failure.syntax("this escape needs " + digits + " hexadecimal digits of a character", at - 2);
    }
    surrogates |= code >= Character.MIN_SURROGATE && code <= Character.MAX_SURROGATE;
    chars.appendCodePoint(code);
    at = end;
  }

  /** A character by its Unicode name, in braces. */
  private void named() {
    int close = source.indexOf('}', at);
    if (!source.startsWith("{", at) || close < 0) {
      throw Failure.syntax("this escape needs the name of a character in braces", at - 2);
    }
    try {
      chars.appendCodePoint(Character.codePointOf(source.substring(at + 1, close)));
    } catch (IllegalArgumentException e) {
      throw Failure.syntax("there is no character of that name", at - 2);
    }
    at = close + 1;
  }

  private void octal() {
    int code = 0;
    int end = Math.min(at + 2, source.length());
    at--;
    while (at < end && source.charAt(at) >= '0' && source.charAt(at) <= '7') {
      code = code * 8 + source.charAt(at++) - '0';
    }
    chars.appendCodePoint(code);
  }

  /** The backslash stays; behind it, what is not ASCII turns into the text of its own escape, as in the reference. */
  private void unknown(char c) {
    chars.append('\\');
    if (c < 0x80) {
      chars.append(c);
      return;
    }
    int code = source.codePointAt(at - 1);
    at += Character.charCount(code) - 1;
    chars.append(String.format(code < 0x100 ? "x%02x" : code < 0x10000 ? "u%04x" : "U%08x", code));
  }
}
