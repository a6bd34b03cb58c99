package io.picaflor.tokenizer.template;

import java.util.Arrays;

/** Collects text and where its characters came from. What it appends is charged to the rendering. */
final class TextBuilder {
  private final Rendering rendering;
  private final StringBuilder chars = new StringBuilder();
  private boolean first = true; // trust of the first run
  private boolean last = true; // trust of the run that is being written
  private int[] changes;
  private int count;

  TextBuilder(Rendering rendering) {
    this.rendering = rendering;
  }

  void append(Text text) {
    text.appendTo(this, 0, text.chars().length());
  }

  void append(String text, boolean trusted) {
    append(text, 0, text.length(), trusted);
  }

  void append(String text, int from, int to, boolean trusted) {
    if (from == to) {
      return;
    }
    rendering.allocate(to - from);
    origin(trusted);
    chars.append(text, from, to);
  }

  void appendCodePoint(int c, boolean trusted) {
    rendering.allocate(1);
    origin(trusted);
    chars.appendCodePoint(c);
  }

  /** Notes where the characters that follow come from. */
  private void origin(boolean trusted) {
    if (chars.isEmpty()) {
      first = trusted;
      last = trusted;
    } else if (trusted != last) {
      if (changes == null) {
        changes = new int[8];
      } else if (count == changes.length) {
        changes = Arrays.copyOf(changes, count * 2);
      }
      changes[count++] = chars.length();
      last = trusted;
    }
  }

  /** Appends {@code count} times; the origin is that of the text. */
  void repeat(Text text, int count) {
    if (count <= 0 || text.isEmpty()) {
      return;
    }
    rendering.reserve((long) text.chars().length() * count);
    if (text.isTrusted() || text.isInput()) {
      rendering.allocate((long) text.chars().length() * count);
      origin(text.isTrusted());
      chars.repeat(text.chars(), count);
      return;
    }
    for (int i = 0; i < count; i++) {
      append(text);
    }
  }

  int length() {
    return chars.length();
  }

  Text toText() {
    return chars.isEmpty()
        ? Text.EMPTY
        : Text.ofRuns(chars.toString(), first, count == 0 ? null : Arrays.copyOf(changes, count));
  }
}
