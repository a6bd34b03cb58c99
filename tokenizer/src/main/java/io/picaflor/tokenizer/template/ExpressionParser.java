package io.picaflor.tokenizer.template;

import io.picaflor.tokenizer.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * Parses expressions, with Jinja's precedence. Refuses those that are nested too deeply to be evaluated on a thread's
 * stack.
 */
final class ExpressionParser {
  private static final int MAX_NESTING = ChatTemplate.MAX_NESTING;
  private static final int MAX_HEIGHT = 200;

  private final TokenStream stream;
  // filters and tests that there are not, in what is being parsed
  private final List<Failure> unknown = new ArrayList<>();
  private final OperandParser operands;
  private Scope scope;
  private int nesting; // of brackets and prefixes around the current token
  private int height; // of the tree of the expression that was parsed last

  ExpressionParser(TokenStream stream, Scope scope) {
    this.stream = stream;
    this.operands = new OperandParser(stream, this);
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

  /** Sets the height where no node was made. */
  void height(int height) {
    this.height = height;
  }

  /** Notes a filter or test that there is not. */
  void noteUnknown(Failure failure) {
    unknown.add(failure);
  }

  /**
   * What the unknown filters and tests since the last call come to: an error, unless it is one only when they are
   * reached.
   */
  void settleUnknown(boolean lenient) {
    if (!lenient && !unknown.isEmpty()) {
      throw unknown.get(0);
    }
    unknown.clear();
  }

  /** Goes into brackets or behind a prefix; {@link #leave} comes back. */
  void enter() {
    if (++nesting > MAX_NESTING) {
      throw Failure.limit("the expression is nested more than " + MAX_NESTING + " deep", stream.current().position());
    }
  }

  void leave() {
    nesting--;
  }

  /** Notes the height of a node. */
  <E extends Expression> E built(E node, int height) {
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
        leave();
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
    leave();
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
    return others.isEmpty()
        ? first
        : built(new Expression.Compared(first, operators.toArray(new Comparison.Operator[0]), array(others), position),
            tallest + 1);
  }

  /** Takes the operator if there is one. */
  private Comparison.Operator comparisonOperator() {
    Token token = stream.current();
    if (token.isName("not") && stream.ahead().isName("in")) {
      stream.next();
      stream.next();
      return Comparison.Operator.NOT_IN;
    }
    Comparison.Operator operator = switch (token.kind() == Kind.OPERATOR || token.isName("in") ? token.text() : "") {
      case "in" -> Comparison.Operator.IN;
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
      leave();
      value = built(new Expression.Signed(value, token.isOperator("-"), token.position()), height + 1);
    } else {
      value = operands.primary();
    }
    value = operands.postfix(value);
    return filters ? operands.filters(value) : value;
  }

  /** Filters in a row, applied to what a slot holds: what stands behind {@code filter} and {@code set}. */
  Expression filterChain(Expression start, boolean first) {
    return operands.filterChain(start, first);
  }
}
