package io.picaflor.tokenizer.template;

import io.picaflor.tokenizer.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * Parses what stands between operators: names, literals, brackets, and the attributes, calls, filters and tests behind
 * them.
 */
final class OperandParser {
  private final TokenStream stream;
  private final ExpressionParser expressions;

  OperandParser(TokenStream stream, ExpressionParser expressions) {
    this.stream = stream;
    this.expressions = expressions;
  }

  /** A name, a literal, or what stands in brackets. */
  Expression primary() {
    Token token = stream.current();
    switch (token.kind()) {
      case NAME -> {
        stream.next();
        return expressions.built(named(token.text()), 1);
      }
      case STRING -> {
        return expressions.built(new Expression.Constant(string()), 1);
      }
      case NUMBER -> {
        stream.next();
        return expressions.built(new Expression.Constant(token.value()), 1);
      }
      case OPERATOR -> {
        if (token.isOperator("(") || token.isOperator("[") || token.isOperator("{")) {
          return bracketed(token);
        }
      }
      case DATA, EXPRESSION_BEGIN, EXPRESSION_END, STATEMENT_BEGIN, STATEMENT_END, END -> {}
    }
    throw stream.unexpected("an expression");
  }

  private Expression named(String name) {
    return switch (name) {
      case "true", "True" -> new Expression.Constant(Bool.TRUE);
      case "false", "False" -> new Expression.Constant(Bool.FALSE);
      case "none", "None" -> new Expression.Constant(None.NONE);
      default -> expressions.scope().load(name);
    };
  }

  /** Strings one behind the other are one. */
  private Value string() {
    Value first = stream.next().value();
    if (!stream.at(Kind.STRING)) {
      return first;
    }
    StringBuilder chars = new StringBuilder(((Text) first).chars());
    while (stream.at(Kind.STRING)) {
      chars.append(((Text) stream.next().value()).chars());
    }
    return Text.trusted(chars.toString());
  }

  private Expression bracketed(Token open) {
    expressions.enter();
    stream.next();
    Expression value = open.isOperator("(") ? parenthesized() : open.isOperator("[") ? list() : dict();
    expressions.leave();
    return value;
  }

  private Expression parenthesized() {
    Expression value = stream.atOperator(")")
        ? expressions.built(new Expression.Items(new Expression[0], true), 1)
        : expressions.tuple();
    stream.expectOperator(")");
    return value;
  }

  private Expression list() {
    List<Expression> items = new ArrayList<>();
    int tallest = 0;
    while (!stream.atOperator("]")) {
      items.add(expressions.conditional());
      tallest = Math.max(tallest, expressions.height());
      if (!stream.atOperator("]")) {
        stream.expectOperator(",");
      }
    }
    stream.next();
    return expressions.built(new Expression.Items(ExpressionParser.array(items), false), tallest + 1);
  }

  private Expression dict() {
    List<Expression> keys = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    int tallest = 0;
    while (!stream.atOperator("}")) {
      keys.add(expressions.conditional());
      tallest = Math.max(tallest, expressions.height());
      stream.expectOperator(":");
      values.add(expressions.conditional());
      tallest = Math.max(tallest, expressions.height());
      if (!stream.atOperator("}")) {
        stream.expectOperator(",");
      }
    }
    stream.next();
    Expression.Pairs pairs = new Expression.Pairs(ExpressionParser.array(keys), ExpressionParser.array(values));
    return expressions.built(pairs, tallest + 1);
  }

  /** The value with what follows it directly: attributes, items, calls. */
  Expression postfix(Expression start) {
    Expression value = start;
    while (true) {
      if (stream.atOperator(".")) {
        value = attribute(value);
      } else if (stream.atOperator("[")) {
        value = subscript(value);
      } else if (stream.atOperator("(")) {
        value = call(value);
      } else {
        return value;
      }
    }
  }

  private Expression attribute(Expression owner) {
    int tallest = expressions.height() + 1;
    int position = stream.next().position();
    Token name = stream.next();
    if (name.kind() == Kind.NAME) {
      boolean hidden = DictMethod.named(name.text()) != null;
      return expressions.built(new Expression.Attribute(owner, Text.trusted(name.text()), hidden, position), tallest);
    }
    if (name.kind() == Kind.NUMBER && name.value() instanceof Int) {
      return expressions.built(new Expression.Item(owner, new Expression.Constant(name.value()), position), tallest);
    }
    throw Failure.syntax("expected a name behind the point, found " + name.description(), name.position());
  }

  private Expression subscript(Expression owner) {
    int tallest = expressions.height();
    int position = stream.next().position();
    expressions.enter();
    Expression[] bounds = new Expression[3];
    int colons = 0;
    while (!stream.atOperator("]")) {
      if (stream.skipOperator(":")) {
        if (++colons > 2) {
          throw Failure.syntax("a slice has at most two colons", position);
        }
      } else if (bounds[colons] == null) {
        bounds[colons] = colons == 0 ? tupleInSubscript() : expressions.conditional();
        tallest = Math.max(tallest, expressions.height());
      } else {
        throw stream.unexpected("']'");
      }
    }
    stream.next();
    expressions.leave();
    if (colons == 0 && bounds[0] == null) {
      throw Failure.syntax("an index is missing", position);
    }
    return colons == 0
        ? expressions.built(new Expression.Item(owner, bounds[0], position), tallest + 1)
        : expressions.built(new Expression.Slice(owner, bounds[0], bounds[1], bounds[2], position), tallest + 1);
  }

  private Expression tupleInSubscript() {
    Expression first = expressions.conditional();
    if (!stream.atOperator(",")) {
      return first;
    }
    List<Expression> items = new ArrayList<>(List.of(first));
    int tallest = expressions.height();
    while (stream.skipOperator(",")) {
      items.add(expressions.conditional());
      tallest = Math.max(tallest, expressions.height());
    }
    return expressions.built(new Expression.Items(ExpressionParser.array(items), true), tallest + 1);
  }

  private Expression.Call call(Expression callee) {
    int tallest = expressions.height();
    int position = stream.current().position();
    Expression.Inputs inputs = inputs();
    tallest = Math.max(tallest, expressions.height());
    return expressions.built(new Expression.Call(callee, inputs, position), tallest + 1);
  }

  /** What stands between parentheses behind a function. Leaves the expressions.height() of the tallest. */
  private Expression.Inputs inputs() {
    int open = stream.next().position();
    expressions.enter();
    List<Expression> positional = new ArrayList<>();
    List<String> names = new ArrayList<>();
    List<Expression> named = new ArrayList<>();
    Expression list = null;
    Expression dict = null;
    int tallest = 0;
    while (!stream.atOperator(")")) {
      if (stream.atOperator("*") || stream.atOperator("**")) {
        boolean many = stream.next().isOperator("*");
        if (dict != null || many && list != null) {
          throw Failure.syntax("these arguments are in no order that a call knows", open);
        }
        Expression value = expressions.conditional();
        list = many ? value : list;
        dict = many ? dict : value;
      } else if (stream.at(Kind.NAME) && stream.ahead().isOperator("=")) {
        String name = stream.next().text();
        if (dict != null || names.contains(name)) {
          throw Failure.syntax("the argument '" + name + "' is given twice or behind **", open);
        }
        stream.next();
        names.add(name);
        named.add(expressions.conditional());
      } else {
        if (list != null || dict != null || !names.isEmpty()) {
          throw Failure.syntax("an argument without a name stands behind one with a name", open);
        }
        positional.add(expressions.conditional());
      }
      tallest = Math.max(tallest, expressions.height());
      if (!stream.atOperator(")")) {
        stream.expectOperator(",");
      }
    }
    stream.next();
    expressions.leave();
    expressions.height(tallest);
    if (positional.isEmpty() && names.isEmpty() && list == null && dict == null) {
      return Expression.Inputs.NONE;
    }
    return new Expression.Inputs(
        ExpressionParser.array(positional), names.toArray(new String[0]), ExpressionParser.array(named), list, dict);
  }

  /** The value with the filters and tests behind it. */
  Expression filters(Expression start) {
    Expression value = start;
    while (true) {
      if (stream.atOperator("|")) {
        stream.next();
        value = filter(value);
      } else if (stream.atName("is")) {
        value = test(value);
      } else if (stream.atOperator("(")) {
        value = call(value);
      } else {
        return value;
      }
    }
  }

  /** Filters in a row, applied to what a slot holds: what stands behind {@code filter} and {@code set}. */
  Expression filterChain(Expression start, boolean first) {
    Expression value = first ? filter(start) : start;
    while (stream.skipOperator("|")) {
      value = filter(value);
    }
    return value;
  }

  private Expression filter(Expression value) {
    int tallest = expressions.height();
    Token name = stream.expect(Kind.NAME, "the name of a filter");
    String full = dotted(name.text());
    Expression.Inputs inputs = Expression.Inputs.NONE;
    if (stream.atOperator("(")) {
      inputs = inputs();
      tallest = Math.max(tallest, expressions.height());
    }
    Filter filter = Filter.named(full);
    Expression filtered = filter == null
        ? unknown("filter '" + full + "'", name)
        : new Expression.Filtered(value, filter, inputs, name.position());
    return expressions.built(filtered, tallest + 1);
  }

  private String dotted(String name) {
    StringBuilder full = new StringBuilder(name);
    while (stream.skipOperator(".")) {
      full.append('.').append(stream.expect(Kind.NAME, "a name").text());
    }
    return full.toString();
  }

  private Expression unknown(String what, Token token) {
    expressions.noteUnknown(Failure.syntax("there is no " + what, token.position()));
    return new Expression.Unknown(what, token.position());
  }

  private Expression test(Expression value) {
    int tallest = expressions.height();
    int position = stream.next().position();
    boolean negated = stream.skipName("not");
    Token name = stream.expect(Kind.NAME, "the name of a test");
    String full = dotted(name.text());
    Expression.Inputs inputs = Expression.Inputs.NONE;
    if (stream.atOperator("(")) {
      inputs = inputs();
      tallest = Math.max(tallest, expressions.height());
    } else if (atTestArgument()) {
      if (stream.atName("is")) {
        throw Failure.syntax("one test cannot follow another: use 'and'", position);
      }
      expressions.enter();
      Expression argument = postfix(primary());
      expressions.leave();
      tallest = Math.max(tallest, expressions.height());
      inputs = new Expression.Inputs(new Expression[] {argument}, new String[0], new Expression[0], null, null);
    }
    Test test = Test.named(full);
    Expression tested = test == null
        ? unknown("test '" + full + "'", name)
        : new Expression.Tested(value, test, inputs, name.position());
    expressions.built(tested, tallest + 1);
    return negated ? expressions.built(new Expression.Not(tested), tallest + 2) : tested;
  }

  private boolean atTestArgument() {
    Token token = stream.current();
    return switch (token.kind()) {
      case NAME -> !token.isName("else") && !token.isName("or") && !token.isName("and");
      case STRING, NUMBER -> true;
      case OPERATOR -> token.isOperator("[") || token.isOperator("{");
      case DATA, EXPRESSION_BEGIN, EXPRESSION_END, STATEMENT_BEGIN, STATEMENT_END, END -> false;
    };
  }
}
