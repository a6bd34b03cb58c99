package io.picaflor.tokenizer.template;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** A part of a template that has a value. Immutable; {@code position} is an offset in the source, for messages. */
sealed interface Expression {

  /** @throws Failure if it has no value */
  Value evaluate(Frame frame);

  /** Appends the value as it prints. */
  default void print(Frame frame, TextBuilder out) {
    out.append(Printer.print(evaluate(frame), frame.rendering));
  }

  /** Evaluates all in order. */
  static Value[] all(Expression[] expressions, Frame frame) {
    Value[] values = new Value[expressions.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = expressions[i].evaluate(frame);
    }
    return values;
  }

  /** A literal. */
  record Constant(Value value) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      return value;
    }
  }

  /** A variable, {@code hops} functions further out. */
  record Name(int hops, int slot, String name) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Value value = (hops == 0 ? frame : frame.out(hops)).slots[slot];
      return value != null ? value : Undefined.variable(name);
    }
  }

  /** {@code [a, b]}, or {@code (a, b)}. */
  record Items(Expression[] items, boolean tuple) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      frame.rendering.items(1 + items.length);
      List<Value> values = Arrays.asList(all(items, frame));
      return tuple ? TupleValue.of(values) : new ListValue(values);
    }
  }

  /** <code>{a: b}</code>. */
  record Pairs(Expression[] keys, Expression[] values) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      frame.rendering.items(1 + 2L * keys.length);
      Dict dict = new Dict();
      for (int i = 0; i < keys.length; i++) {
        dict.put(keys[i].evaluate(frame), values[i].evaluate(frame));
      }
      return dict;
    }
  }

  /** {@code owner.name}. {@code hidden}: a dict's method has the name. */
  record Attribute(Expression owner, Text key, boolean hidden, int position) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Value value = owner.evaluate(frame);
      if (value instanceof Dict dict && !hidden) {
        Value found = dict.get(key);
        return found != null ? found : Undefined.member(value, key.chars());
      }
      frame.rendering.at(position);
      return Members.attribute(value, key.chars());
    }
  }

  /** {@code owner[key]}. */
  record Item(Expression owner, Expression key, int position) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Value value = owner.evaluate(frame);
      Value at = key.evaluate(frame);
      frame.rendering.at(position);
      return Members.item(value, at);
    }
  }

  /** {@code owner[from:to:step]}; absent bounds are null. */
  record Slice(Expression owner, Expression from, Expression to, Expression step, int position) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Value value = owner.evaluate(frame);
      Value first = from == null ? null : from.evaluate(frame);
      Value last = to == null ? null : to.evaluate(frame);
      Value by = step == null ? null : step.evaluate(frame);
      frame.rendering.at(position);
      return Members.slice(value, first, last, by, frame.rendering);
    }
  }

  /**
   * What stands between the parentheses of a call; {@code list} and {@code dict} are {@code *list} and {@code **dict},
   * or null.
   */
  record Inputs(Expression[] positional, String[] names, Expression[] named, Expression list, Expression dict) {
    static final Inputs NONE = new Inputs(new Expression[0], new String[0], new Expression[0], null, null);

    Arguments evaluate(Frame frame) {
      if (this == NONE) {
        return Arguments.NONE;
      }
      Value[] values = all(positional, frame);
      Value[] more = all(named, frame);
      return list == null && dict == null ? new Arguments(values, names, more) : spread(values, more, frame);
    }

    private Arguments spread(Value[] values, Value[] more, Frame frame) {
      List<Value> all = new ArrayList<>(Arrays.asList(values));
      if (list != null) {
        List<Value> given = Sequences.list(list.evaluate(frame), frame.rendering);
        frame.rendering.items(given.size());
        all.addAll(given);
      }
      List<String> allNames = new ArrayList<>(Arrays.asList(names));
      List<Value> allNamed = new ArrayList<>(Arrays.asList(more));
      if (dict != null) {
        if (!(dict.evaluate(frame) instanceof Dict given)) {
          throw Failure.evaluation("** needs a dict");
        }
        frame.rendering.items(given.size());
        Iterator<Map.Entry<Value, Value>> pairs = given.pairs();
        while (pairs.hasNext()) {
          Map.Entry<Value, Value> pair = pairs.next();
          allNames.add(TextMethod.text(pair.getKey()).chars());
          allNamed.add(pair.getValue());
        }
      }
      return new Arguments(all.toArray(new Value[0]), allNames.toArray(new String[0]), allNamed.toArray(new Value[0]));
    }
  }

  /** {@code callee(inputs)}. */
  record Call(Expression callee, Inputs inputs, int position) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      return call(frame, null);
    }

    /** @param caller the value of the keyword argument of that name, or null */
    Value call(Frame frame, Value caller) {
      Value self = null;
      Method method = null;
      Value function = null;
      if (callee instanceof Attribute attribute) { // a method is called without making it a value first
        self = attribute.owner.evaluate(frame);
        method = Method.of(self, attribute.key.chars());
        if (method == null || method.changesOwner()) {
          frame.rendering.at(attribute.position);
          function = Members.attribute(self, attribute.key.chars());
          method = null;
        }
      } else {
        function = callee.evaluate(frame);
      }
      Arguments arguments = inputs.evaluate(frame);
      if (caller != null) {
        arguments = arguments.with("caller", caller);
      }
      frame.rendering.at(position);
      if (method != null) {
        return method.call(self, arguments, frame.rendering);
      }
      if (function instanceof Callable callable) {
        return callable.call(arguments, frame.rendering);
      }
      throw function instanceof Undefined undefined
          ? undefined.failure()
          : Failure.evaluation("'" + function.typeName() + "' is no function");
    }
  }

  /** {@code value|filter(inputs)}. */
  record Filtered(Expression value, Filter filter, Inputs inputs, int position) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Value filtered = value.evaluate(frame);
      Arguments arguments = inputs.evaluate(frame);
      frame.rendering.at(position);
      return filter.apply(filtered, arguments, frame.rendering);
    }
  }

  /** {@code value is test(inputs)}. */
  record Tested(Expression value, Test test, Inputs inputs, int position) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Value tested = value.evaluate(frame);
      Arguments arguments = inputs.evaluate(frame);
      frame.rendering.at(position);
      return Bool.of(test.holds(tested, arguments, frame.rendering));
    }
  }

  /** A filter or test that there is not, where only reaching it is an error. */
  record Unknown(String what, int position) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      frame.rendering.at(position);
      throw Failure.evaluation("there is no " + what);
    }
  }

  /** {@code not value}. */
  record Not(Expression value) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      return Bool.of(!value.evaluate(frame).truth());
    }
  }

  /** {@code -value} or {@code +value}. */
  record Signed(Expression value, boolean minus, int position) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Value number = value.evaluate(frame);
      frame.rendering.at(position);
      return minus ? Operators.negate(number, frame.rendering) : Operators.plus(number);
    }
  }

  /** {@code a + b + c}. */
  record Sum(Expression[] terms, int position) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Value sum = terms[0].evaluate(frame);
      if (sum instanceof Text first && !first.isMarkup()) {
        return texts(first, frame);
      }
      return rest(sum, 1, frame);
    }

    private Value rest(Value first, int from, Frame frame) {
      Value sum = first;
      for (int i = from; i < terms.length; i++) {
        Value term = terms[i].evaluate(frame);
        frame.rendering.at(position);
        sum = Operators.add(sum, term, frame.rendering);
      }
      return sum;
    }

    /** Joins texts in one go. */
    private Value texts(Text first, Frame frame) {
      TextBuilder out = new TextBuilder(frame.rendering);
      out.append(first);
      for (int i = 1; i < terms.length; i++) {
        Value term = terms[i].evaluate(frame);
        if (term instanceof Text text && !text.isMarkup()) {
          out.append(text);
        } else {
          frame.rendering.at(position);
          return rest(Operators.add(out.toText(), term, frame.rendering), i + 1, frame);
        }
      }
      return out.toText();
    }

    @Override
    public void print(Frame frame, TextBuilder out) {
      Value first = terms[0].evaluate(frame);
      for (int i = 1;; i++) { // texts go straight to the output: what an error leaves there is never seen
        if (!(first instanceof Text text) || text.isMarkup()) {
          out.append(Printer.print(rest(first, i, frame), frame.rendering));
          return;
        }
        if (i == terms.length) {
          out.append(text);
          return;
        }
        Value next = terms[i].evaluate(frame);
        if (next instanceof Text more && !more.isMarkup()) {
          out.append(text);
          first = next;
        } else {
          frame.rendering.at(position);
          first = Operators.add(first, next, frame.rendering);
        }
      }
    }
  }

  /** {@code a ~ b ~ c}. */
  record Concatenation(Expression[] parts) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      TextBuilder out = new TextBuilder(frame.rendering);
      print(frame, out);
      return out.toText();
    }

    @Override
    public void print(Frame frame, TextBuilder out) {
      for (Expression part : parts) {
        out.append(Printer.print(part.evaluate(frame), frame.rendering));
      }
    }
  }

  /** {@code a - b} and the like. */
  record Arithmetic(Operators.Binary operator, Expression left, Expression right, int position) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Value a = left.evaluate(frame);
      Value b = right.evaluate(frame);
      frame.rendering.at(position);
      return Operators.apply(operator, a, b, frame.rendering);
    }
  }

  /** {@code a < b <= c}: each against the next, until one does not hold. */
  record Compared(Expression first, Comparison.Operator[] operators, Expression[] others,
      int position) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Value left = first.evaluate(frame);
      for (int i = 0; i < others.length; i++) {
        Value right = others[i].evaluate(frame);
        frame.rendering.at(position);
        if (!Comparison.holds(operators[i], left, right, frame.rendering)) {
          return Bool.FALSE;
        }
        left = right;
      }
      return Bool.TRUE;
    }
  }

  /** {@code a and b}, {@code a or b}: one of the two. */
  record Either(Expression left, Expression right, boolean and) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      Value value = left.evaluate(frame);
      return value.truth() == and ? right.evaluate(frame) : value;
    }
  }

  /** {@code then if test else otherwise}; without an else, null. */
  record Conditional(Expression test, Expression then, Expression otherwise) implements Expression {
    @Override
    public Value evaluate(Frame frame) {
      if (test.evaluate(frame).truth()) {
        return then.evaluate(frame);
      }
      return otherwise != null
          ? otherwise.evaluate(frame)
          : Undefined.because("an inline if without else has no value when its condition is false");
    }

    @Override
    public void print(Frame frame, TextBuilder out) {
      if (test.evaluate(frame).truth()) {
        then.print(frame, out);
      } else if (otherwise != null) {
        otherwise.print(frame, out);
      }
    }
  }
}
