package io.picaflor.tokenizer.template;

import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Prints values as Python's {@code str} and {@code repr} do.
 *
 * <p>A text's own characters keep their origin when it is printed as it is. The {@code repr} of anything that holds
 * text of the request counts as text of the request as a whole.
 */
final class Printer {
  private static final int MAX_DEPTH = 200;

  private final Rendering rendering;
  private final StringBuilder chars = new StringBuilder();
  private boolean trusted = true;
  private int depth;

  private Printer(Rendering rendering) {
    this.rendering = rendering;
  }

  /** Python's {@code str(value)}. */
  static Text print(Value value, Rendering rendering) {
    if (value instanceof Text text) {
      return text;
    }
    Printer printer = new Printer(rendering);
    value.print(printer);
    return Text.of(printer.chars.toString(), printer.trusted);
  }

  /** Python's {@code repr(value)}. */
  static Text repr(Value value, Rendering rendering) {
    Printer printer = new Printer(rendering);
    value.repr(printer);
    return Text.of(printer.chars.toString(), printer.trusted);
  }

  void append(String text) {
    rendering.allocate(text.length());
    chars.append(text);
  }

  /** The items between two brackets. */
  void sequence(String open, List<Value> items, String close) {
    enter();
    append(open);
    String comma = "";
    for (Value item : items) {
      append(comma);
      item.repr(this);
      comma = ", ";
    }
    append(close);
    depth--;
  }

  void dict(Dict dict) {
    enter();
    append("{");
    Iterator<Map.Entry<Value, Value>> pairs = dict.pairs();
    while (pairs.hasNext()) {
      Map.Entry<Value, Value> pair = pairs.next();
      pair.getKey().repr(this);
      append(": ");
      pair.getValue().repr(this);
      if (pairs.hasNext()) {
        append(", ");
      }
    }
    append("}");
    depth--;
  }

  private void enter() {
    rendering.step(1);
    if (++depth > MAX_DEPTH) {
      throw Failure.limit("a value is nested more than " + MAX_DEPTH + " deep");
    }
  }

  /** A text in quotes: single ones, unless it has such and no double ones. */
  void quoted(Text text) {
    trusted &= text.isTrusted();
    String s = text.chars();
    rendering.allocate(s.length() + 2);
    char quote = s.indexOf('\'') >= 0 && s.indexOf('"') < 0 ? '"' : '\'';
    chars.append(quote);
    for (int i = 0; i < s.length();) {
      int c = s.codePointAt(i);
      i += Character.charCount(c);
      switch (c) {
        case '\n' -> chars.append("\\n");
        case '\r' -> chars.append("\\r");
        case '\t' -> chars.append("\\t");
        case '\\' -> chars.append("\\\\");
        default -> {
          if (c == quote) {
            chars.append('\\').append(quote);
          } else if (isPrintable(c)) {
            chars.appendCodePoint(c);
          } else {
            escape(c);
          }
        }
      }
    }
    chars.append(quote);
  }

  private void escape(int c) {
    String hex = Integer.toHexString(c);
    char kind = c < 0x100 ? 'x' : c < 0x10000 ? 'u' : 'U';
    int width = c < 0x100 ? 2 : c < 0x10000 ? 4 : 8;
    chars.append('\\').append(kind).repeat('0', width - hex.length()).append(hex);
  }

  /**
   * Python's {@code str.isprintable} for one character: no control, format, unassigned, private or separator but the
   * space.
   */
  static boolean isPrintable(int c) {
    if (c < 0x7f) {
      return c >= ' ';
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED,
          Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SPACE_SEPARATOR -> false;
      default -> true;
    };
  }
}
