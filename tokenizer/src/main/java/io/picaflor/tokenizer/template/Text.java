package io.picaflor.tokenizer.template;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * Python's {@code str}, which also knows which of its characters the template wrote and which came with the request.
 *
 * <p>Equality and order are by characters alone. Offsets named {@code at}, {@code from}, {@code to} are Java's, in
 * UTF-16 units; indexes of the template language count code points.
 */
final class Text implements Value, Comparable<Text> {
  static final Text EMPTY = new Text("", true, null, false, 0);

  private final String chars;
  private final boolean trusted; // of the first run
  private final int[] changes; // offsets where trust changes; null: nowhere
  private final boolean markup;
  private int codePoints; // -1: not counted yet. A race counts twice, no harm

  private Text(String chars, boolean trusted, int[] changes, boolean markup, int codePoints) {
    this.chars = chars;
    this.trusted = trusted;
    this.changes = changes;
    this.markup = markup;
    this.codePoints = codePoints;
  }

  /** Text of the template. */
  static Text trusted(String chars) {
    return new Text(chars, true, null, false, -1);
  }

  /** Text of the request. */
  static Text input(String chars) {
    return new Text(chars, false, null, false, -1);
  }

  static Text of(String chars, boolean trusted) {
    return new Text(chars, trusted, null, false, -1);
  }

  /**
   * Text of the template in which each UTF-16 unit counts as a character, as when a literal spells surrogates one by
   * one.
   */
  static Text ofUnits(String chars) {
    return new Text(chars, true, null, false, chars.length());
  }

  /** For {@link TextBuilder}. {@code changes} belongs to the new text. */
  static Text ofRuns(String chars, boolean trusted, int[] changes) {
    return new Text(chars, trusted, changes, false, -1);
  }

  String chars() {
    return chars;
  }

  /** Whether no character came with the request. */
  boolean isTrusted() {
    return chars.isEmpty() || trusted && changes == null;
  }

  /** Whether every character came with the request. */
  boolean isInput() {
    return !trusted && changes == null;
  }

  /** What {@code |safe} and {@code |escape} give: not to be escaped again. */
  boolean isMarkup() {
    return markup;
  }

  Text asMarkup() {
    return markup ? this : new Text(chars, trusted, changes, true, codePoints);
  }

  /** Code points. */
  @Override
  public int length() {
    int n = codePoints;
    if (n < 0) {
      n = chars.codePointCount(0, chars.length());
      codePoints = n;
    }
    return n;
  }

  boolean isEmpty() {
    return chars.isEmpty();
  }

  /** Whether a code point is one unit throughout. */
  private boolean isUnits() {
    return length() == chars.length();
  }

  /** The offset of the code point with that index, from 0 to {@link #length()}. */
  int offset(int index) {
    return isUnits() ? index : chars.offsetByCodePoints(0, index);
  }

  /** How many code points stand before the offset. */
  int index(int at) {
    return isUnits() ? at : chars.codePointCount(0, at);
  }

  /** The characters between two offsets. */
  Text slice(int from, int to) {
    if (from >= to) {
      return EMPTY;
    }
    if (from == 0 && to == chars.length()) {
      return this;
    }
    String part = chars.substring(from, to);
    if (changes == null) {
      return of(part, trusted);
    }
    int first = countChanges(from + 1);
    int last = countChanges(to);
    boolean begin = trusted ^ (first & 1) == 1;
    if (first == last) {
      return of(part, begin);
    }
    int[] inside = Arrays.copyOfRange(changes, first, last);
    for (int i = 0; i < inside.length; i++) {
      inside[i] -= from;
    }
    return ofRuns(part, begin, inside);
  }

  /** How many changes stand before the offset. */
  private int countChanges(int at) {
    int found = Arrays.binarySearch(changes, at);
    return found < 0 ? -found - 1 : found;
  }

  /** The one character at the offset. */
  Text charAt(int at) {
    return slice(at, at + (isUnits() ? 1 : Character.charCount(chars.codePointAt(at))));
  }

  /** Appends what stands between two offsets. */
  void appendTo(TextBuilder out, int from, int to) {
    if (changes == null) {
      out.append(chars, from, to, trusted);
      return;
    }
    int i = countChanges(from + 1);
    int start = from;
    boolean kind = trusted ^ (i & 1) == 1;
    for (; start < to; i++, kind = !kind) {
      int end = i < changes.length ? Math.min(changes[i], to) : to;
      out.append(chars, start, end, kind);
      start = end;
    }
  }

  /** The runs of one origin, in order. */
  List<TextRun> runs() {
    List<TextRun> runs = new ArrayList<>();
    boolean kind = trusted;
    int start = 0;
    for (int i = 0; changes != null && i < changes.length; i++, kind = !kind) {
      runs.add(new TextRun(chars.substring(start, changes[i]), kind));
      start = changes[i];
    }
    if (start < chars.length()) {
      runs.add(new TextRun(chars.substring(start), kind));
    }
    return List.copyOf(runs);
  }

  /**
   * The text that {@code change} makes of the characters. Origins are kept where changing run by run gives the same,
   * else all of it counts as text of the request.
   */
  Text map(TextChange change, Rendering rendering) {
    String whole = change.apply(chars);
    rendering.allocate(whole.length());
    if (changes == null) {
      return of(whole, trusted);
    }
    TextBuilder parts = new TextBuilder(rendering);
    for (TextRun run : runs()) {
      parts.append(change.apply(run.text()), run.trusted());
    }
    Text built = parts.toText();
    return built.chars.equals(whole) ? built : input(whole);
  }

  @Override
  public boolean truth() {
    return !chars.isEmpty();
  }

  @Override
  public String typeName() {
    return "str";
  }

  @Override
  public void repr(Printer out) {
    if (markup) {
      out.append("Markup(");
    }
    out.quoted(this);
    if (markup) {
      out.append(")");
    }
  }

  @Override
  public void print(Printer out) {
    throw new IllegalStateException("text prints as itself");
  }

  /** The characters, one by one. */
  @Override
  public Iterator<Value> iterator() {
    return new Iterator<>() {
      private int at;

      @Override
      public boolean hasNext() {
        return at < chars.length();
      }

      @Override
      public Value next() {
        if (at >= chars.length()) {
          throw new NoSuchElementException();
        }
        Text c = charAt(at);
        at += c.chars.length();
        return c;
      }
    };
  }

  /** By code points. */
  @Override
  public int compareTo(Text other) {
    int n = Math.min(chars.length(), other.chars.length());
    for (int i = 0; i < n; i++) {
      char a = chars.charAt(i);
      char b = other.chars.charAt(i);
      if (a != b) {
        return compareUnits(a, b);
      }
    }
    return Integer.compare(chars.length(), other.chars.length());
  }

  /** Surrogates stand for characters above all that are one unit. */
  private static int compareUnits(char a, char b) {
    int x = Character.isSurrogate(a) ? a + 0x10000 : a;
    int y = Character.isSurrogate(b) ? b + 0x10000 : b;
    return Integer.compare(x, y);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Text text && chars.equals(text.chars);
  }

  @Override
  public int hashCode() {
    return chars.hashCode();
  }

  @Override
  public String toString() {
    return chars;
  }
}
