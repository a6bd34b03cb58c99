package io.picaflor.tokenizer.template;

import io.picaflor.tokenizer.template.TemplateException.Kind;

/**
 * What stops parsing or rendering from within; {@link ChatTemplate} turns it into a {@link TemplateException} with its
 * place.
 */
final class Failure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Kind kind;
  private final int position;

  private Failure(Kind kind, String message, int position) {
    super(message, null, false, false);
    this.kind = kind;
    this.position = position;
  }

  /** The source is wrong at {@code position}. */
  static Failure syntax(String message, int position) {
    return new Failure(Kind.SYNTAX, message, position);
  }

  /** An expression has no value. */
  static Failure evaluation(String message) {
    return new Failure(Kind.EVALUATION, message, -1);
  }

  /** A value is not what is needed; an undefined one says so itself. */
  static Failure wrongType(String needed, Value found) {
    return found instanceof Undefined undefined
        ? undefined.failure()
        : evaluation(needed + ", not '" + found.typeName() + "'");
  }

  /** The template refuses the request. */
  static Failure raised(String message) {
    return new Failure(Kind.RAISED, message, -1);
  }

  /** More is asked for than is granted. */
  static Failure limit(String message) {
    return new Failure(Kind.LIMIT, message, -1);
  }

  /** More is asked for than is granted, by the source at {@code position}. */
  static Failure limit(String message, int position) {
    return new Failure(Kind.LIMIT, message, position);
  }

  Kind kind() {
    return kind;
  }

  /** Offset in the source, or -1: where the rendering is. */
  int position() {
    return position;
  }
}
