package io.picaflor.tokenizer.template;

import java.util.Iterator;
import java.util.List;
import java.util.Locale;

/** What Python does with text: white space, case, padding, replacing. Results keep their characters' origin. */
final class TextOperations {
  private TextOperations() {}

  /** Python's white space; every such character is one UTF-16 unit. */
  static boolean isSpace(int c) {
    if (c < 0x80) {
      return c == ' ' || c >= '\t' && c <= '\r' || c >= 0x1c && c <= 0x1f;
    }
    return c == 0x85 || c == 0xa0 || c == 0x1680 || c >= 0x2000 && c <= 0x200a || c == 0x2028 || c == 0x2029
        || c == 0x202f || c == 0x205f || c == 0x3000;
  }

  /** The first offset from {@code at} on that is no white space. */
  static int skipSpace(String s, int at) {
    int i = at;
    while (i < s.length() && isSpace(s.charAt(i))) {
      i++;
    }
    return i;
  }

  /** The end of the text without the white space there, at least {@code from}. */
  static int endWithoutSpace(String s, int from) {
    int i = s.length();
    while (i > from && isSpace(s.charAt(i - 1))) {
      i--;
    }
    return i;
  }

  /** @param set the characters to drop, null: white space */
  static Text strip(Text text, Text set, boolean left, boolean right) {
    String s = text.chars();
    if (set == null) {
      int from = left ? skipSpace(s, 0) : 0;
      return text.slice(from, right ? endWithoutSpace(s, from) : s.length());
    }
    String drop = set.chars();
    int from = 0;
    int to = s.length();
    while (left && from < to && drop.indexOf(s.codePointAt(from)) >= 0) {
      from += Character.charCount(s.codePointAt(from));
    }
    while (right && from < to && drop.indexOf(s.codePointBefore(to)) >= 0) {
      to -= Character.charCount(s.codePointBefore(to));
    }
    return text.slice(from, to);
  }

  /** Whether the text begins or ends with the text, or with one of the tuple's. */
  static boolean matches(Text text, Value part, boolean atStart) {
    if (part instanceof TupleValue tuple) {
      for (Value each : tuple.items()) {
        if (matches(text, TextMethod.text(each), atStart)) {
          return true;
        }
      }
      return false;
    }
    String wanted = TextMethod.text(part).chars();
    return text != null && (atStart ? text.chars().startsWith(wanted) : text.chars().endsWith(wanted));
  }

  /** @param most how many at most; negative: all */
  static Text replace(Text text, Text old, Text replacement, int most, Rendering rendering) {
    String s = text.chars();
    if (old.isEmpty()) {
      return between(text, replacement, most, rendering);
    }
    int at = most == 0 ? -1 : s.indexOf(old.chars());
    if (at < 0) {
      return text;
    }
    TextBuilder out = new TextBuilder(rendering);
    int from = 0;
    for (int done = 0; at >= 0 && done != most; done++) {
      rendering.step(1);
      text.appendTo(out, from, at);
      out.append(replacement);
      from = at + old.chars().length();
      at = s.indexOf(old.chars(), from);
    }
    text.appendTo(out, from, s.length());
    return out.toText();
  }

  /** The replacement of the empty text: before each character and at the end. */
  private static Text between(Text text, Text replacement, int most, Rendering rendering) {
    TextBuilder out = new TextBuilder(rendering);
    String s = text.chars();
    int at = 0;
    for (int done = 0; done != most && at <= s.length(); done++) {
      rendering.step(1);
      out.append(replacement);
      int next = at < s.length() ? at + Character.charCount(s.codePointAt(at)) : s.length() + 1;
      text.appendTo(out, at, Math.min(next, s.length()));
      at = next;
    }
    text.appendTo(out, Math.min(at, s.length()), s.length());
    return out.toText();
  }

  /** The texts of a list with {@code separator} between them. */
  static Text join(Text separator, Value list, Rendering rendering) {
    Iterator<Value> items = Sequences.iterate(list);
    TextBuilder out = new TextBuilder(rendering);
    for (int i = 0; items.hasNext(); i++) {
      rendering.step(1);
      if (i > 0) {
        out.append(separator);
      }
      Value item = items.next();
      if (!(item instanceof Text text)) {
        throw Failure.evaluation("join needs texts, but item " + i + " is '" + item.typeName() + "'");
      }
      out.append(text);
    }
    return out.toText();
  }

  static int count(Text text, Text part) {
    if (text == null) {
      return 0;
    }
    if (part.isEmpty()) {
      return text.length() + 1;
    }
    int count = 0;
    for (int at = 0; (at = text.chars().indexOf(part.chars(), at)) >= 0; at += part.chars().length()) {
      count++;
    }
    return count;
  }

  static String upper(String s) {
    return s.toUpperCase(Locale.ROOT);
  }

  static String lower(String s) {
    return s.toLowerCase(Locale.ROOT);
  }

  /** Python's {@code title}: a letter after anything that has no case is upper case. */
  static String title(String s) {
    StringBuilder out = new StringBuilder(s.length());
    boolean afterCased = false;
    for (int i = 0; i < s.length();) {
      int c = s.codePointAt(i);
      i += Character.charCount(c);
      if (afterCased) {
        out.append(lower(Character.toString(c)));
      } else {
        appendTitleCase(out, c);
      }
      afterCased = Character.isLowerCase(c) || Character.isUpperCase(c) || Character.isTitleCase(c);
    }
    return out.toString();
  }

  private static void appendTitleCase(StringBuilder out, int c) {
    int title = Character.toTitleCase(c);
    String upper = upper(Character.toString(c));
    if (title == c && upper.codePointCount(0, upper.length()) > 1) { // the sharp s and its like
      int first = upper.codePointAt(0);
      out.appendCodePoint(first).append(lower(upper.substring(Character.charCount(first))));
    } else {
      out.appendCodePoint(title);
    }
  }

  static String capitalize(String s) {
    if (s.isEmpty()) {
      return s;
    }
    StringBuilder out = new StringBuilder(s.length());
    int c = s.codePointAt(0);
    appendTitleCase(out, c);
    return out.append(lower(s.substring(Character.charCount(c)))).toString();
  }

  static String swapCase(String s) {
    StringBuilder out = new StringBuilder(s.length());
    for (int i = 0; i < s.length();) {
      int c = s.codePointAt(i);
      i += Character.charCount(c);
      String one = Character.toString(c);
      out.append(Character.isUpperCase(c) ? lower(one) : Character.isLowerCase(c) ? upper(one) : one);
    }
    return out.toString();
  }

  /** Fill characters before and after; counts below 1 mean none. */
  static Text pad(Text text, int before, int after, Text fill, Rendering rendering) {
    Text filler = fill == null ? Text.trusted(" ") : fill;
    TextBuilder out = new TextBuilder(rendering);
    out.repeat(filler, before);
    out.append(text);
    out.repeat(filler, after);
    return out.toText();
  }

  static Text center(Text text, int width, Text fill, Rendering rendering) {
    int room = Math.max(width - text.length(), 0);
    int before = room / 2 + (room & width & 1); // as Python rounds
    return pad(text, before, room - before, fill, rendering);
  }

  /** Zeros in front, behind a sign. */
  static Text zeroFill(Text text, int width, Rendering rendering) {
    String s = text.chars();
    int sign = s.startsWith("-") || s.startsWith("+") ? 1 : 0;
    TextBuilder out = new TextBuilder(rendering);
    text.appendTo(out, 0, sign);
    out.repeat(Text.trusted("0"), width - text.length());
    text.appendTo(out, sign, s.length());
    return out.toText();
  }

  static Text expandTabs(Text text, int size, Rendering rendering) {
    TextBuilder out = new TextBuilder(rendering);
    int column = 0;
    for (int at = 0; at < text.chars().length();) {
      Text c = text.charAt(at);
      at += c.chars().length();
      switch (c.chars()) {
        case "\t" -> {
          int spaces = size > 0 ? size - column % size : 0;
          out.repeat(Text.of(" ", c.isTrusted()), spaces);
          column += spaces;
        }
        case "\n", "\r" -> {
          out.append(c);
          column = 0;
        }
        default -> {
          out.append(c);
          column++;
        }
      }
    }
    return out.toText();
  }

  /** A kind of characters. */
  enum Kind {
    DECIMAL,
    DIGIT,
    NUMERIC,
    LETTER,
    LETTER_OR_NUMERIC,
    SPACE,
    PRINTABLE,
    ASCII;

    private boolean has(int c) {
      return switch (this) {
        case DECIMAL -> Character.isDigit(c);
        case DIGIT -> Character.isDigit(c)
            || Character.getType(c) == Character.OTHER_NUMBER && Character.getNumericValue(c) >= 0
                && Character.getNumericValue(c) <= 9;
        case NUMERIC -> Character.isDigit(c) || Character.getType(c) == Character.OTHER_NUMBER
            || Character.getType(c) == Character.LETTER_NUMBER;
        case LETTER -> Character.isLetter(c);
        case LETTER_OR_NUMERIC -> LETTER.has(c) || NUMERIC.has(c);
        case SPACE -> isSpace(c);
        case PRINTABLE -> Printer.isPrintable(c);
        case ASCII -> c < 0x80;
      };
    }
  }

  /** Whether there are characters, and all are of the kind. */
  static boolean all(Text text, Kind kind) {
    return !text.isEmpty() && text.chars().codePoints().allMatch(kind::has);
  }

  /** Whether there are letters with case, and all of them have the one that is asked for. */
  static boolean isCased(Text text, boolean upper) {
    return isCased(text)
        && text.chars().codePoints().noneMatch(c -> Character.isTitleCase(c)
            || (upper ? Character.isLowerCase(c) : Character.isUpperCase(c)));
  }

  /** Whether there are letters with case. */
  static boolean isCased(Text text) {
    return text.chars().codePoints().anyMatch(c -> Character.isUpperCase(c) || Character.isLowerCase(c)
        || Character.isTitleCase(c));
  }

  /** The items as text, one after the other, with {@code separator} between them. */
  static Text joinPrinted(List<Value> items, Text separator, Rendering rendering) {
    TextBuilder out = new TextBuilder(rendering);
    for (int i = 0; i < items.size(); i++) {
      rendering.step(1);
      if (i > 0) {
        out.append(separator);
      }
      out.append(Printer.print(items.get(i), rendering));
    }
    return out.toText();
  }
}
