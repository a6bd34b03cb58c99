package io.picaflor.tokenizer.template;

import io.picaflor.tokenizer.template.Token.Kind;
import java.util.List;

/** Tokens, one after the other. */
final class TokenStream {
  private final List<Token> tokens;
  private int index;

  TokenStream(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token current() {
    return tokens.get(index);
  }

  /** The token behind the current one. */
  Token ahead() {
    return tokens.get(Math.min(index + 1, tokens.size() - 1));
  }

  /** The current token; goes on to the next. */
  Token next() {
    Token token = tokens.get(index);
    if (index < tokens.size() - 1) {
      index++;
    }
    return token;
  }

  /** Where the stream stands, in tokens. */
  int index() {
    return index;
  }

  /** Goes back to where {@link #index} was asked. */
  void reset(int index) {
    this.index = index;
  }

  boolean at(Kind kind) {
    return current().kind() == kind;
  }

  boolean atOperator(String operator) {
    return current().isOperator(operator);
  }

  boolean atName(String name) {
    return current().isName(name);
  }

  boolean skipOperator(String operator) {
    if (!atOperator(operator)) {
      return false;
    }
    next();
    return true;
  }

  boolean skipName(String name) {
    if (!atName(name)) {
      return false;
    }
    next();
    return true;
  }

  Token expect(Kind kind, String what) {
    if (!at(kind)) {
      throw unexpected(what);
    }
    return next();
  }

  void expectOperator(String operator) {
    if (!skipOperator(operator)) {
      throw unexpected("'" + operator + "'");
    }
  }

  Failure unexpected(String wanted) {
    return Failure.syntax("expected " + wanted + ", found " + current().description(), current().position());
  }
}
