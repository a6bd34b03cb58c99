package io.picaflor.tokenizer.template;

import java.io.IOException;

/**
 * A chat template cannot be read, or refuses or fails to render a request.
 *
 * <p>The message is for the user. For {@link Kind#RAISED} it is the template's own, word for word; else it names line
 * and column and shows the line: {@code template line 3, column 7: 'tools' is undefined: {{ tools[0] }}}.
 */
public final class TemplateException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Who is at fault. */
  public enum Kind {
    /** The template is no valid template. */
    SYNTAX,
    /** The template called {@code raise_exception}: the request is not one that it serves. */
    RAISED,
    /** An expression has no value for this request: undefined names, wrong types, division by zero. */
    EVALUATION,
    /** Template or request need more work, depth or memory than is granted; see the limits of {@link ChatTemplate}. */
    LIMIT
  }

  /** @serial who is at fault */
  private final Kind kind;

  /** @serial from 1 */
  private final int line;

  /** @serial from 1, in code points */
  private final int column;

  TemplateException(Kind kind, String message, int line, int column) {
    super(message);
    this.kind = kind;
    this.line = line;
    this.column = column;
  }

  /** Says what went wrong at {@code position} of {@code source}. */
  static TemplateException at(String source, int position, Kind kind, String message) {
    int start = source.lastIndexOf('\n', position - 1) + 1;
    int end = source.indexOf('\n', position);
    int line = 1 + (int) source.substring(0, start).chars().filter(c -> c == '\n').count();
    int column = 1 + source.codePointCount(start, position);
    if (kind == Kind.RAISED) {
      return new TemplateException(kind, message, line, column);
    }
    String shown = excerpt(source, start, end < 0 ? source.length() : end, position);
    String place = "template line " + line + ", column " + column + ": ";
    return new TemplateException(kind, place + message + (shown.isEmpty() ? "" : ": " + shown), line, column);
  }

  /** At most some 100 characters of the line around the position. */
  private static String excerpt(String source, int start, int end, int position) {
    int from = Math.max(start, position - 40);
    int to = Math.min(end, position + 60);
    if (from > start && Character.isLowSurrogate(source.charAt(from))) {
      from--;
    }
    if (to < end && Character.isLowSurrogate(source.charAt(to))) {
      to++;
    }
    return (from > start ? "..." : "") + source.substring(from, to).strip() + (to < end ? "..." : "");
  }

  /** Who is at fault. */
  public Kind kind() {
    return kind;
  }

  /** The line of the template, from 1. */
  public int line() {
    return line;
  }

  /** The column in that line, from 1, in code points. */
  public int column() {
    return column;
  }
}
