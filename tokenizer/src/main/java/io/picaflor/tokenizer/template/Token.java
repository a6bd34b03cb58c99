package io.picaflor.tokenizer.template;

/**
 * A piece of a template's source.
 *
 * @param kind     what it is
 * @param text     the name, the operator, or the source's own text
 * @param value    of literals and of text between tags, else null
 * @param position offset in the source
 */
record Token(Kind kind, String text, Value value, int position) {
  enum Kind {
    /** Text between tags. */
    DATA,
    EXPRESSION_BEGIN,
    EXPRESSION_END,
    STATEMENT_BEGIN,
    STATEMENT_END,
    NAME,
    STRING,
    NUMBER,
    OPERATOR,
    END
  }

  boolean isOperator(String operator) {
    return kind == Kind.OPERATOR && text.equals(operator);
  }

  boolean isName(String name) {
    return kind == Kind.NAME && text.equals(name);
  }

  /** For messages. */
  String description() {
    return switch (kind) {
      case DATA -> "text";
      case EXPRESSION_BEGIN -> "'{{'";
      case EXPRESSION_END -> "'}}'";
      case STATEMENT_BEGIN -> "'{%'";
      case STATEMENT_END -> "'%}'";
      case NAME, OPERATOR -> "'" + text + "'";
      case STRING -> "a string";
      case NUMBER -> "a number";
      case END -> "the end of the template";
    };
  }
}
