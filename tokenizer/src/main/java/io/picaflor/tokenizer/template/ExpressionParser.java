package io.picaflor.tokenizer.template;

import io.picaflor.tokenizer.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/** Parses expressions, with Jinja's precedence. Refuses those that are nested too deeply to be evaluated on a thread's stack. */
final class ExpressionParser {
  private static final int MAX_NESTING = ChatTemplate.MAX_NESTING;
  private static final int MAX_HEIGHT = 200;

  private final TokenStream stream;
  private final List<Failure> unknown = new ArrayList<>(); // filters and tests that there are not, in what is being parsed
  private Scope scope;
  private int nesting; // of brackets and prefixes around the current token
  private int height; // of the tree of the expression that was parsed last

  ExpressionParser(TokenStream stream, Scope scope) {
    this.stream = stream;
    this.scope = scope;
  }

  Scope scope() {
    return scope;
  }

  /** Goes on in another scope. */
  void scope(Scope scope) {
    this.scope = scope;
  }

  /** The height of the tree of the expression that was parsed last. */
  int height() {
    return height;
  }

  /** What the unknown filters and tests since the last call come to: an error, unless it is one only when they are reached. */
  void settleUnknown(boolean lenient) {
    if (!lenient && !unknown.isEmpty()) {
      throw unknown.get(0);
    }
    unknown.clear();
  }

  private void enter() {
    if (++nesting > MAX_NESTING) {
      throw Failure.limit("the expression is nested more than " + MAX_NESTING + " deep", stream.current().position());
    }
  }

  /** Notes the height of a node. */
  private <E extends Expression> E built(E node, int height) {
    if (height > MAX_HEIGHT) {
      throw Failure.limit("the expression chains more than " + MAX_HEIGHT + " operations", stream.current().position());
    }
    this.height = height;
    return node;
  }

  /** One expression, or several with commas between them: a tuple. */
  Expression tuple() {
    return tuple(true, "");
  }

  /** The same, without {@code if}, and before the name that ends it. */
  Expression tupleBefore(String end) {
    return tuple(false, end);
  }

  private Expression tuple(boolean conditional, String end) {
    Token first = stream.current();
    List<Expression> items = new ArrayList<>();
    boolean tuple = false;
    int tallest = 0;
    while (!atTupleEnd() && !stream.atName(end)) {
      items.add(conditional ? conditional() : or());
      tallest = Math.max(tallest, height);
      if (!stream.skipOperator(",")) {
        break;
      }
      tuple = true;
    }
    if (!tuple && items.isEmpty()) {
      throw Failure.syntax("expected an expression, found " + first.description(), first.position());
    }
    return tuple ? built(new Expression.Items(array(items), true), tallest + 1) : items.get(0);
  }

  private boolean atTupleEnd() {
    return stream.at(Kind.EXPRESSION_END) || stream.at(Kind.STATEMENT_END) || stream.atOperator(")");
  }

  static Expression[] array(List<Expression> expressions) {
    return expressions.toArray(new Expression[0]);
  }

  /** {@code a if b else c}. */
  Expression conditional() {
    int known = unknown.size();
    Expression value = or();
    int tallest = height;
    while (stream.skipName("if")) {
      Expression test = or();
      tallest = Math.max(tallest, height);
      Expression otherwise = null;
      if (stream.skipName("else")) {
        enter();
        otherwise = conditional();
        nesting--;
        tallest = Math.max(tallest, height);
      }
      value = built(new Expression.Conditional(test, value, otherwise), ++tallest);
      unknown.subList(known, unknown.size()).clear(); // perhaps never reached
    }
    return value;
  }

  /** An expression without {@code if}. */
  Expression or() {
    Expression left = and();
    int tallest = height;
    while (stream.skipName("or")) {
      Expression right = and();
      tallest = Math.max(tallest, height) + 1;
      left = built(new Expression.Either(left, right, false), tallest);
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    int tallest = height;
    while (stream.skipName("and")) {
      Expression right = not();
      tallest = Math.max(tallest, height) + 1;
      left = built(new Expression.Either(left, right, true), tallest);
    }
    return left;
  }

  private Expression not() {
    if (!stream.skipName("not")) {
      return comparison();
    }
    enter();
    Expression value = not();
    nesting--;
    return built(new Expression.Not(value), height + 1);
  }

  private Expression comparison() {
    Expression first = sum();
    int tallest = height;
    List<Comparison.Operator> operators = new ArrayList<>();
    List<Expression> others = new ArrayList<>();
    int position = stream.current().position();
    for (Comparison.Operator operator = comparisonOperator(); operator != null; operator = comparisonOperator()) {
      operators.add(operator);
      others.add(sum());
      tallest = Math.max(tallest, height);
    }
    return others.isEmpty() ? first
        : built(new Expression.Compared(first, operators.toArray(new Comparison.Operator[0]), array(others), position), tallest + 1);
  }

  /** Takes the operator if there is one. */
  private Comparison.Operator comparisonOperator() {
    Token token = stream.current();
    if (token.isName("not") && stream.ahead().isName("in")) {
      stream.next();
      stream.next();
      return Comparison.Operator.NOT_IN;
    }
    Comparison.Operator operator = token.isName("in") ? Comparison.Operator.IN : token.kind() != Kind.OPERATOR ? null : switch (token.text()) {
      case "==" -> Comparison.Operator.EQ;
      case "!=" -> Comparison.Operator.NE;
      case "<" -> Comparison.Operator.LT;
      case "<=" -> Comparison.Operator.LE;
      case ">" -> Comparison.Operator.GT;
      case ">=" -> Comparison.Operator.GE;
      default -> null;
    };
    if (operator != null) {
      stream.next();
    }
    return operator;
  }

  private Expression sum() {
    Expression left = concatenation();
    int tallest = height;
    while (stream.atOperator("+") || stream.atOperator("-")) {
      int position = stream.current().position();
      if (stream.skipOperator("-")) {
        Expression right = concatenation();
        tallest = Math.max(tallest, height) + 1;
        left = built(new Expression.Arithmetic(Operators.Binary.SUB, left, right, position), tallest);
      } else {
        List<Expression> terms = new ArrayList<>(List.of(left));
        while (stream.skipOperator("+")) {
          terms.add(concatenation());
          tallest = Math.max(tallest, height);
        }
        left = built(new Expression.Sum(array(terms), position), ++tallest);
      }
    }
    return left;
  }

  private Expression concatenation() {
    Expression first = product();
    if (!stream.atOperator("~")) {
      return first;
    }
    List<Expression> parts = new ArrayList<>(List.of(first));
    int tallest = height;
    while (stream.skipOperator("~")) {
      parts.add(product());
      tallest = Math.max(tallest, height);
    }
    return built(new Expression.Concatenation(array(parts)), tallest + 1);
  }

  private Expression product() {
    Expression left = power();
    int tallest = height;
    while (true) {
      Token token = stream.current();
      Operators.Binary operator = token.kind() != Kind.OPERATOR ? null : switch (token.text()) {
        case "*" -> Operators.Binary.MUL;
        case "/" -> Operators.Binary.DIV;
        case "//" -> Operators.Binary.FLOOR_DIV;
        case "%" -> Operators.Binary.MOD;
        default -> null;
      };
      if (operator == null) {
        return left;
      }
      stream.next();
      Expression right = power();
      tallest = Math.max(tallest, height) + 1;
      left = built(new Expression.Arithmetic(operator, left, right, token.position()), tallest);
    }
  }

  /** Left-associative, and looser than a sign: as Jinja has it, not Python. */
  private Expression power() {
    Expression left = unary(true);
    int tallest = height;
    while (stream.atOperator("**")) {
      int position = stream.next().position();
      Expression right = unary(true);
      tallest = Math.max(tallest, height) + 1;
      left = built(new Expression.Arithmetic(Operators.Binary.POW, left, right, position), tallest);
    }
    return left;
  }

  private Expression unary(boolean filters) {
    Token token = stream.current();
    Expression value;
    if (token.isOperator("-") || token.isOperator("+")) {
      stream.next();
      enter();
      value = unary(false);
      nesting--;
      value = built(new Expression.Signed(value, token.isOperator("-"), token.position()), height + 1);
    } else {
      value = primary();
    }
    value = postfix(value);
    return filters ? filters(value) : value;
  }

  private Expression primary() {
    Token token = stream.current();
    switch (token.kind()) {
      case NAME -> {
        stream.next();
        return built(named(token.text()), 1);
      }
      case STRING -> {
        return built(new Expression.Constant(string()), 1);
      }
      case NUMBER -> {
        stream.next();
        return built(new Expression.Constant(token.value()), 1);
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
      default -> scope.load(name);
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
    enter();
    stream.next();
    Expression value = open.isOperator("(") ? parenthesized() : open.isOperator("[") ? list() : dict();
    nesting--;
    return value;
  }

  private Expression parenthesized() {
    Expression value = stream.atOperator(")") ? built(new Expression.Items(new Expression[0], true), 1) : tuple();
    stream.expectOperator(")");
    return value;
  }

  private Expression list() {
    List<Expression> items = new ArrayList<>();
    int tallest = 0;
    while (!stream.atOperator("]")) {
      items.add(conditional());
      tallest = Math.max(tallest, height);
      if (!stream.atOperator("]")) {
        stream.expectOperator(",");
      }
    }
    stream.next();
    return built(new Expression.Items(array(items), false), tallest + 1);
  }

  private Expression dict() {
    List<Expression> keys = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    int tallest = 0;
    while (!stream.atOperator("}")) {
      keys.add(conditional());
      tallest = Math.max(tallest, height);
      stream.expectOperator(":");
      values.add(conditional());
      tallest = Math.max(tallest, height);
      if (!stream.atOperator("}")) {
        stream.expectOperator(",");
      }
    }
    stream.next();
    return built(new Expression.Pairs(array(keys), array(values)), tallest + 1);
  }

  private Expression postfix(Expression start) {
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
    int tallest = height + 1;
    int position = stream.next().position();
    Token name = stream.next();
    if (name.kind() == Kind.NAME) {
      boolean hidden = DictMethod.named(name.text()) != null;
      return built(new Expression.Attribute(owner, Text.trusted(name.text()), hidden, position), tallest);
    }
    if (name.kind() == Kind.NUMBER && name.value() instanceof Int) {
      return built(new Expression.Item(owner, new Expression.Constant(name.value()), position), tallest);
    }
    throw Failure.syntax("expected a name behind the point, found " + name.description(), name.position());
  }

  private Expression subscript(Expression owner) {
    int tallest = height;
    int position = stream.next().position();
    enter();
    Expression[] bounds = new Expression[3];
    int colons = 0;
    while (!stream.atOperator("]")) {
      if (stream.skipOperator(":")) {
        if (++colons > 2) {
          throw Failure.syntax("a slice has at most two colons", position);
        }
      } else if (bounds[colons] == null) {
        bounds[colons] = colons == 0 ? tupleInSubscript() : conditional();
        tallest = Math.max(tallest, height);
      } else {
        throw stream.unexpected("']'");
      }
    }
    stream.next();
    nesting--;
    if (colons == 0 && bounds[0] == null) {
      throw Failure.syntax("an index is missing", position);
    }
    return colons == 0 ? built(new Expression.Item(owner, bounds[0], position), tallest + 1)
        : built(new Expression.Slice(owner, bounds[0], bounds[1], bounds[2], position), tallest + 1);
  }

  private Expression tupleInSubscript() {
    Expression first = conditional();
    if (!stream.atOperator(",")) {
      return first;
    }
    List<Expression> items = new ArrayList<>(List.of(first));
    int tallest = height;
    while (stream.skipOperator(",")) {
      items.add(conditional());
      tallest = Math.max(tallest, height);
    }
    return built(new Expression.Items(array(items), true), tallest + 1);
  }

  private Expression.Call call(Expression callee) {
    int tallest = height;
    int position = stream.current().position();
    Expression.Inputs inputs = inputs();
    return built(new Expression.Call(callee, inputs, position), Math.max(tallest, height) + 1);
  }

  /** What stands between parentheses behind a function. Leaves the height of the tallest. */
  private Expression.Inputs inputs() {
    int open = stream.next().position();
    enter();
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
        Expression value = conditional();
        list = many ? value : list;
        dict = many ? dict : value;
      } else if (stream.at(Kind.NAME) && stream.ahead().isOperator("=")) {
        String name = stream.next().text();
        if (dict != null || names.contains(name)) {
          throw Failure.syntax("the argument '" + name + "' is given twice or behind **", open);
        }
        stream.next();
        names.add(name);
        named.add(conditional());
      } else {
        if (list != null || dict != null || !names.isEmpty()) {
          throw Failure.syntax("an argument without a name stands behind one with a name", open);
        }
        positional.add(conditional());
      }
      tallest = Math.max(tallest, height);
      if (!stream.atOperator(")")) {
        stream.expectOperator(",");
      }
    }
    stream.next();
    nesting--;
    height = tallest;
    return positional.isEmpty() && names.isEmpty() && list == null && dict == null ? Expression.Inputs.NONE
        : new Expression.Inputs(array(positional), names.toArray(new String[0]), array(named), list, dict);
  }

  private Expression filters(Expression start) {
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
    int tallest = height;
    Token name = stream.expect(Kind.NAME, "the name of a filter");
    String full = dotted(name.text());
    Expression.Inputs inputs = Expression.Inputs.NONE;
    if (stream.atOperator("(")) {
      inputs = inputs();
      tallest = Math.max(tallest, height);
    }
    Filter filter = Filter.named(full);
    return built(
        filter == null ? unknown("filter '" + full + "'", name) : new Expression.Filtered(value, filter, inputs, name.position()), tallest + 1);
  }

  private String dotted(String name) {
    StringBuilder full = new StringBuilder(name);
    while (stream.skipOperator(".")) {
      full.append('.').append(stream.expect(Kind.NAME, "a name").text());
    }
    return full.toString();
  }

  private Expression unknown(String what, Token token) {
    unknown.add(Failure.syntax("there is no " + what, token.position()));
    return new Expression.Unknown(what, token.position());
  }

  private Expression test(Expression value) {
    int tallest = height;
    int position = stream.next().position();
    boolean negated = stream.skipName("not");
    Token name = stream.expect(Kind.NAME, "the name of a test");
    String full = dotted(name.text());
    Expression.Inputs inputs = Expression.Inputs.NONE;
    if (stream.atOperator("(")) {
      inputs = inputs();
      tallest = Math.max(tallest, height);
    } else if (atTestArgument()) {
      if (stream.atName("is")) {
        throw Failure.syntax("one test cannot follow another: use 'and'", position);
      }
      enter();
      Expression argument = postfix(primary());
      nesting--;
      tallest = Math.max(tallest, height);
      inputs = new Expression.Inputs(new Expression[] {argument}, new String[0], new Expression[0], null, null);
    }
    Test test = Test.named(full);
    Expression tested =
        built(test == null ? unknown("test '" + full + "'", name) : new Expression.Tested(value, test, inputs, name.position()), tallest + 1);
    return negated ? built(new Expression.Not(tested), tallest + 2) : tested;
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
