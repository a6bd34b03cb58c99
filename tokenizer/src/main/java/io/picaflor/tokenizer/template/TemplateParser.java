package io.picaflor.tokenizer.template;

import io.picaflor.tokenizer.template.Statement.Flow;
import io.picaflor.tokenizer.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Parses a template's statements into a tree whose names are slots. */
final class TemplateParser {
  private static final int MAX_NESTING = ChatTemplate.MAX_NESTING;
  private static final Statement[] NOTHING = {};

  private final TokenStream stream;
  private final ExpressionParser expressions;
  private boolean lenient; // under an if, where an unknown filter is an error only when it is reached
  private int loops; // around the current statement, within its function
  private int nesting; // of statements
  private int peak; // the deepest that statements and expressions have gone since the function began

  private TemplateParser(List<Token> tokens) {
    stream = new TokenStream(tokens);
    expressions = new ExpressionParser(stream, Scope.template());
  }

  /**
   * A template, parsed.
   *
   * @param slots     how many variables it has
   * @param variables the names that come with the request, and their slots
   * @param levels    of the stack that it takes
   */
  record Program(Statement[] body, int slots, Map<String, Integer> variables, int levels) {}

  /** @throws Failure if the source is no template, or nested too deeply */
  static Program parse(String source) {
    TemplateParser parser = new TemplateParser(Lexer.tokens(source));
    Statement[] body = parser.body();
    if (!parser.stream.at(Kind.END)) {
      Token tag = parser.stream.current();
      throw Failure.syntax("'" + tag.text() + "' closes nothing that is open here", tag.position());
    }
    Scope scope = parser.expressions.scope();
    return new Program(body, scope.slotCount(), Map.copyOf(scope.names()), parser.peak);
  }

  /**
   * Statements up to the end of the template or a tag that ends or divides a block: then the stream stands at its name.
   */
  private Statement[] body(String... ends) {
    List<Statement> body = new ArrayList<>();
    while (true) {
      Token token = stream.current();
      switch (token.kind()) {
        case DATA -> {
          body.add(new Statement.Literal((Text) token.value()));
          stream.next();
        }
        case EXPRESSION_BEGIN -> {
          stream.next();
          body.add(output(expression()));
          stream.expect(Kind.EXPRESSION_END, "'}}'");
        }
        case STATEMENT_BEGIN -> {
          stream.next();
          for (String end : ends) {
            if (stream.atName(end)) {
              return body.toArray(new Statement[0]);
            }
          }
          statement(body, ends);
          stream.expect(Kind.STATEMENT_END, "'%}'");
        }
        case END -> {
          if (ends.length > 0) {
            throw Failure.syntax("the template ends before '" + ends[ends.length - 1] + "'", token.position());
          }
          return body.toArray(new Statement[0]);
        }
        case EXPRESSION_END, STATEMENT_END, NAME, STRING, NUMBER, OPERATOR -> throw stream.unexpected("text or a tag");
      }
    }
  }

  private static Statement output(Expression value) {
    return value instanceof Expression.Constant(Text text) ? new Statement.Literal(text) : new Statement.Output(value);
  }

  private Expression settled(Expression expression) {
    expressions.settleUnknown(lenient);
    peak = Math.max(peak, nesting + expressions.height());
    return expression;
  }

  private Expression expression() {
    return settled(expressions.tuple());
  }

  private void statement(List<Statement> body, String[] ends) {
    Token tag = stream.expect(Kind.NAME, "the name of a tag");
    if (++nesting > MAX_NESTING) {
      throw Failure.limit("tags are nested more than " + MAX_NESTING + " deep", tag.position());
    }
    switch (tag.text()) {
      case "if" -> body.add(conditional());
      case "for" -> body.add(loop(tag));
      case "set" -> body.add(set());
      case "macro" -> body.add(macro());
      case "call" -> body.add(call(tag));
      case "filter" -> body.add(filter());
      case "with" -> body.add(with());
      case "generation" ->
          body.add(scoped(new int[0], new Expression[0], expressions.scope().inner(), "endgeneration"));
      case "print" -> print(body);
      case "break", "continue" -> body.add(leave(tag));
      case "include", "import", "from", "extends", "block", "autoescape" ->
          throw Failure.syntax("'" + tag.text() + "' is not for chat templates", tag.position());
      default -> throw unknownTag(tag, ends);
    }
    nesting--;
  }

  private static Failure unknownTag(Token tag, String[] ends) {
    String wanted = ends.length == 0 ? "" : "; expected '" + String.join("' or '", ends) + "'";
    return Failure.syntax("unknown or misplaced tag '" + tag.text() + "'" + wanted, tag.position());
  }

  /** The body of a block; takes the tag's end before it and leaves the stream at the name of the tag that ends it. */
  private Statement[] block(String... ends) {
    stream.skipOperator(":");
    stream.expect(Kind.STATEMENT_END, "'%}'");
    return body(ends);
  }

  /** The body of a block in a scope of its own, up to and including the tag that ends it. */
  private Statement[] blockIn(Scope scope, String end) {
    Scope outer = expressions.scope();
    boolean outerLenient = lenient;
    lenient = false;
    expressions.scope(scope);
    Statement[] body = block(end);
    stream.next();
    expressions.scope(outer);
    lenient = outerLenient;
    return body;
  }

  private Statement conditional() {
    boolean outer = lenient;
    lenient = true;
    List<Expression> tests = new ArrayList<>();
    List<Statement[]> bodies = new ArrayList<>();
    Statement[] otherwise = NOTHING;
    Token divider;
    do {
      tests.add(settled(expressions.tupleBefore("")));
      bodies.add(block("elif", "else", "endif"));
      divider = stream.next();
    } while (divider.isName("elif"));
    if (divider.isName("else")) {
      otherwise = block("endif");
      stream.next();
    }
    lenient = outer;
    return new Statement.If(ExpressionParser.array(tests), bodies.toArray(new Statement[0][]), otherwise);
  }

  private Statement loop(Token tag) {
    Scope outer = expressions.scope();
    Scope inner = outer.inner();
    int first = inner.slotCount();
    int names = stream.index();
    Target target = parameters(inner);
    if (!stream.skipName("in")) {
      throw stream.unexpected("'in'");
    }
    Expression items = settled(expressions.tupleBefore("recursive"));
    boolean outerLenient = lenient;
    lenient = false;
    Statement.Condition condition = stream.skipName("if") ? condition(outer.inner(), names) : null;
    boolean recursive = stream.skipName("recursive");
    expressions.scope(inner);
    inner.declareImplicit("loop");
    if (recursive) {
      inner.load("loop");
    }
    int outerPeak = peak;
    peak = nesting;
    int begin = stream.index();
    loops++;
    Statement[] body = block("else", "endfor");
    loops--;
    int weight = 1 + stream.index() - begin;
    Scope last = outer.inner();
    Statement[] otherwise = NOTHING;
    expressions.scope(last);
    if (stream.next().isName("else")) {
      otherwise = block("endfor");
      stream.next();
    }
    expressions.scope(outer);
    lenient = outerLenient;
    int levels = peak - nesting + 1;
    peak = Math.max(peak, outerPeak);
    return new Statement.For(
        target, items, condition, recursive, inner.implicitSlot("loop"), inner.inherited(), body, otherwise,
        last.inherited(), first, outer.slotCount(), weight, levels, tag.position());
  }

  /** The {@code if} of a loop. Its variables are the loop's, read from the source once more, in slots of their own. */
  private Statement.Condition condition(Scope scope, int names) {
    int test = stream.index();
    stream.reset(names);
    Target target = parameters(scope);
    stream.reset(test);
    Scope outer = expressions.scope();
    expressions.scope(scope);
    Expression expression = settled(expressions.conditional());
    expressions.scope(outer);
    return new Statement.Condition(target, expression);
  }

  /** One or more new variables of a scope, perhaps in parentheses. */
  private Target parameters(Scope scope) {
    return targets(scope, true, 0);
  }

  private Target targets(Scope scope, boolean parameters, int depth) {
    int position = stream.current().position();
    if (depth > MAX_NESTING) {
      throw Failure.limit("variables are nested more than " + MAX_NESTING + " deep", position);
    }
    List<Target> targets = new ArrayList<>();
    boolean several = false;
    while (stream.at(Kind.NAME) && !stream.atName("in") || stream.atOperator("(")) {
      targets.add(stream.atOperator("(") ? parenthesized(scope, parameters, depth) : variable(scope, parameters));
      if (!stream.skipOperator(",")) {
        break;
      }
      several = true;
    }
    if (targets.isEmpty()) {
      throw stream.unexpected("a variable");
    }
    return several ? new Target.Several(targets.toArray(new Target[0]), position) : targets.get(0);
  }

  private Target parenthesized(Scope scope, boolean parameters, int depth) {
    stream.next();
    Target target = targets(scope, parameters, depth + 1);
    stream.expectOperator(")");
    return target;
  }

  private Target variable(Scope scope, boolean parameter) {
    Token name = stream.next();
    switch (name.text()) {
      case "true", "false", "none", "True", "False", "None" ->
          throw Failure.syntax("'" + name.text() + "' cannot be set", name.position());
      case "loop" -> {
        if (parameter || loops > 0) {
          throw Failure.syntax("'loop' cannot be set in a loop", name.position());
        }
      }
      default -> {}
    }
    if (!parameter && stream.skipOperator(".")) {
      String attribute = stream.expect(Kind.NAME, "an attribute").text();
      return new Target.Member(scope.load(name.text()), attribute, name.position());
    }
    return new Target.Variable(parameter ? scope.declare(name.text()) : scope.store(name.text()));
  }

  private Statement set() {
    Scope scope = expressions.scope();
    int names = stream.index();
    skipTargets();
    if (stream.skipOperator("=")) {
      Expression value = expression(); // before the target: a name on both sides means the outer one on the right
      int end = stream.index();
      stream.reset(names);
      Target target = targets(scope, false, 0);
      if (!stream.atOperator("=")) {
        throw stream.unexpected("'='");
      }
      stream.reset(end);
      return new Statement.Set(target, value);
    }
    stream.reset(names);
    Target target = targets(scope, false, 0);
    Scope inner = scope.inner();
    int slot = inner.slot();
    Expression value = expressions.filterChain(new Expression.Name(0, slot, "set"), false);
    settled(value);
    Statement[] body = blockIn(inner, "endset");
    return new Statement.Captured(target, slot, value, inner.inherited(), body);
  }

  /** Goes to the {@code =} or to whatever else ends the targets. */
  private void skipTargets() {
    while (stream.at(Kind.NAME) || stream.atOperator("(") || stream.atOperator(")") || stream.atOperator(",")
        || stream.atOperator(".")) {
      stream.next();
    }
  }

  private Statement filter() {
    Scope inner = expressions.scope().inner();
    int slot = inner.slot();
    Expression value = settled(expressions.filterChain(new Expression.Name(0, slot, "filter"), true));
    Statement[] body = blockIn(inner, "endfilter");
    return new Statement.Captured(null, slot, value, inner.inherited(), body);
  }

  private Statement with() {
    Scope inner = expressions.scope().inner();
    List<String> names = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!stream.at(Kind.STATEMENT_END)) {
      if (!names.isEmpty()) {
        stream.expectOperator(",");
      }
      names.add(stream.expect(Kind.NAME, "a variable").text());
      stream.expectOperator("=");
      values.add(settled(expressions.conditional()));
    }
    int[] slots = new int[names.size()];
    for (int i = 0; i < slots.length; i++) {
      slots[i] = inner.declare(names.get(i));
    }
    return scoped(slots, ExpressionParser.array(values), inner, "endwith");
  }

  private Statement scoped(int[] slots, Expression[] values, Scope inner, String end) {
    Statement[] body = blockIn(inner, end);
    return new Statement.Scoped(slots, values, inner.inherited(), body);
  }

  private void print(List<Statement> body) {
    while (!stream.at(Kind.STATEMENT_END)) {
      body.add(output(settled(expressions.conditional())));
      if (!stream.at(Kind.STATEMENT_END)) {
        stream.expectOperator(",");
      }
    }
  }

  private Statement leave(Token tag) {
    if (loops == 0) {
      throw Failure.syntax("'" + tag.text() + "' is not in a loop", tag.position());
    }
    return new Statement.Leave(tag.isName("break") ? Flow.BREAK : Flow.CONTINUE);
  }

  private Statement macro() {
    Token name = stream.expect(Kind.NAME, "the name of a macro");
    int slot = expressions.scope().store(name.text());
    if (!stream.atOperator("(")) {
      throw stream.unexpected("'('");
    }
    return new Statement.DefineMacro(slot, function(name.text(), expressions.scope().function(), "endmacro"));
  }

  private Statement call(Token tag) {
    Scope scope = expressions.scope().function();
    List<String> parameters = new ArrayList<>();
    List<Expression> defaults = new ArrayList<>();
    if (stream.atOperator("(")) {
      signature(scope, parameters, defaults);
    }
    if (!(expression() instanceof Expression.Call call)) {
      throw Failure.syntax("'call' needs a call", tag.position());
    }
    return new Statement.CallWithBody(call, function("caller", scope, parameters, defaults, "endcall"));
  }

  private Statement.Function function(String name, Scope scope, String end) {
    List<String> parameters = new ArrayList<>();
    List<Expression> defaults = new ArrayList<>();
    signature(scope, parameters, defaults);
    return function(name, scope, parameters, defaults, end);
  }

  private void signature(Scope scope, List<String> parameters, List<Expression> defaults) {
    Scope outer = expressions.scope();
    stream.next();
    expressions.scope(scope);
    while (!stream.atOperator(")")) {
      Token parameter = stream.expect(Kind.NAME, "a parameter");
      if (parameters.contains(parameter.text())) {
        throw Failure.syntax("the parameter '" + parameter.text() + "' is there twice", parameter.position());
      }
      scope.declare(parameter.text());
      parameters.add(parameter.text());
      boolean optional = stream.skipOperator("=");
      if (!optional && !defaults.isEmpty() && defaults.get(defaults.size() - 1) != null) {
        throw Failure.syntax("a parameter without a default stands behind one with a default", parameter.position());
      }
      defaults.add(optional ? settled(expressions.conditional()) : null);
      if (!stream.atOperator(")")) {
        stream.expectOperator(",");
      }
    }
    stream.next();
    expressions.scope(outer);
  }

  private Statement.Function function(String name, Scope scope, List<String> parameters, List<Expression> defaults,
      String end) {
    for (String implicit : new String[] {"caller", "kwargs", "varargs"}) {
      if (!parameters.contains(implicit)) {
        scope.declareImplicit(implicit);
      }
    }
    int outerPeak = peak;
    int outerLoops = loops;
    peak = nesting;
    loops = 0;
    int begin = stream.index();
    Statement[] body = blockIn(scope, end);
    int levels = peak - nesting + 2;
    peak = Math.max(peak, outerPeak);
    loops = outerLoops;
    return new Statement.Function(
        name, parameters.toArray(new String[0]), ExpressionParser.array(defaults), scope.implicitSlot("caller"),
        scope.implicitSlot("kwargs"), scope.implicitSlot("varargs"), scope.inherited(), body, scope.slotCount(), 1
            + stream.index() - begin,
        levels);
  }
}
