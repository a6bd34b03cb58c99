package io.picaflor.tokenizer.template;

import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;

/** A part of a template that makes output or changes variables. Immutable. */
sealed interface Statement {

  /** How a statement ends. */
  enum Flow {
    NEXT,
    BREAK,
    CONTINUE
  }

  /** @throws Failure if rendering cannot go on */
  Flow execute(Frame frame, TextBuilder out);

  /** Executes in order, until one breaks off. */
  static Flow all(Statement[] body, Frame frame, TextBuilder out) {
    for (Statement statement : body) {
      Flow flow = statement.execute(frame, out);
      if (flow != Flow.NEXT) {
        return flow;
      }
    }
    return Flow.NEXT;
  }

  /** A variable of a scope that begins with the value of the one that it hides. */
  record Inherited(int slot, int hops, int from) {
    static void enter(Inherited[] variables, Frame frame) {
      for (Inherited variable : variables) {
        frame.slots[variable.slot] = frame.out(variable.hops).slots[variable.from];
      }
    }
  }

  /** The template's own text. */
  record Literal(Text text) implements Statement {
    @Override
    public Flow execute(Frame frame, TextBuilder out) {
      out.append(text);
      return Flow.NEXT;
    }
  }

  /** <code>{{ value }}</code>. */
  record Output(Expression value) implements Statement {
    @Override
    public Flow execute(Frame frame, TextBuilder out) {
      value.print(frame, out);
      return Flow.NEXT;
    }
  }

  /** {@code if}, {@code elif}, {@code else}. */
  record If(Expression[] tests, Statement[][] bodies, Statement[] otherwise) implements Statement {
    @Override
    public Flow execute(Frame frame, TextBuilder out) {
      for (int i = 0; i < tests.length; i++) {
        if (tests[i].evaluate(frame).truth()) {
          return all(bodies[i], frame, out);
        }
      }
      return all(otherwise, frame, out);
    }
  }

  /**
   * {@code for target in items if test}.
   *
   * @param condition null: every item
   * @param loopSlot  of the variable {@code loop}, or -1 where nobody asks for it
   * @param first     the loop's own variables begin here
   * @param last      and end before this
   * @param weight    steps of a round
   * @param levels    of the stack that a recursive call takes
   */
  record For(
      Target target, Expression items, Condition condition, boolean recursive, int loopSlot, Inherited[] inherited,
      Statement[] body, Statement[] otherwise, Inherited[] otherwiseInherited, int first, int last, int weight,
      int levels, int position) implements Statement {

    @Override
    public Flow execute(Frame frame, TextBuilder out) {
      Value value = items.evaluate(frame);
      return run(frame, value, 0, out);
    }

    /** The text of the loop over other items, one level deeper. */
    Text recurse(Frame frame, Value value, int depth) {
      frame.rendering.enter(levels);
      Value[] kept = Arrays.copyOfRange(frame.slots, first, last);
      TextBuilder out = new TextBuilder(frame.rendering);
      run(frame, value, depth, out);
      System.arraycopy(kept, 0, frame.slots, first, kept.length);
      frame.rendering.leave(levels);
      return out.toText();
    }

    private Flow run(Frame frame, Value value, int depth, TextBuilder out) {
      frame.rendering.at(position);
      Iterator<Value> all = Sequences.iterate(value);
      if (condition != null) {
        all = new Conditional(all, condition, frame);
      }
      LoopValue loop = loopSlot < 0
          ? null
          : new LoopValue(this, frame, all, condition == null ? value.length() : -1, depth);
      boolean completed = false; // the reference runs the else part also when no round has come to its end
      while (true) {
        Value item = loop != null ? loop.advance() : all.hasNext() ? all.next() : null;
        if (item == null) {
          break;
        }
        frame.rendering.step(weight);
        Inherited.enter(inherited, frame);
        if (loop != null) {
          frame.slots[loopSlot] = loop;
        }
        target.assign(frame, item);
        Flow flow = Statement.all(body, frame, out);
        if (flow == Flow.BREAK) {
          break;
        }
        completed |= flow == Flow.NEXT;
      }
      if (!completed) {
        Inherited.enter(otherwiseInherited, frame);
        return Statement.all(otherwise, frame, out);
      }
      return Flow.NEXT;
    }
  }

  /** The {@code if} of a {@code for}, with variables of its own: it is asked ahead of the round that it is for. */
  record Condition(Target target, Expression test) {}

  /** The items that fulfil a loop's condition. */
  final class Conditional implements Iterator<Value> {
    private final Iterator<Value> items;
    private final Condition condition;
    private final Frame frame;
    private Value next;

    private Conditional(Iterator<Value> items, Condition condition, Frame frame) {
      this.items = items;
      this.condition = condition;
      this.frame = frame;
    }

    @Override
    public boolean hasNext() {
      while (next == null && items.hasNext()) {
        Value item = items.next();
        frame.rendering.step(8);
        condition.target.assign(frame, item);
        if (condition.test.evaluate(frame).truth()) {
          next = item;
        }
      }
      return next != null;
    }

    @Override
    public Value next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      Value item = next;
      next = null;
      return item;
    }
  }

  /** {@code set target = value}. */
  record Set(Target target, Expression value) implements Statement {
    @Override
    public Flow execute(Frame frame, TextBuilder out) {
      target.check(frame);
      target.assign(frame, value.evaluate(frame));
      return Flow.NEXT;
    }
  }

  /**
   * {@code set target} with a body, or {@code filter} with one: then the target is null and the value is printed.
   *
   * @param slot  where the body's text is for {@code value} to read
   * @param value the text, or what filters make of it
   */
  record Captured(Target target, int slot, Expression value, Inherited[] inherited,
      Statement[] body) implements Statement {
    @Override
    public Flow execute(Frame frame, TextBuilder out) {
      Inherited.enter(inherited, frame);
      TextBuilder text = new TextBuilder(frame.rendering);
      Flow flow = all(body, frame, text);
      if (flow != Flow.NEXT) {
        return flow;
      }
      frame.slots[slot] = text.toText();
      if (target == null) {
        value.print(frame, out);
      } else {
        target.assign(frame, value.evaluate(frame));
      }
      return Flow.NEXT;
    }
  }

  /** A body with a scope of its own: {@code with}, {@code generation}. */
  record Scoped(int[] slots, Expression[] values, Inherited[] inherited, Statement[] body) implements Statement {
    @Override
    public Flow execute(Frame frame, TextBuilder out) {
      Value[] first = Expression.all(values, frame);
      Inherited.enter(inherited, frame);
      for (int i = 0; i < slots.length; i++) {
        frame.slots[slots[i]] = first[i];
      }
      return all(body, frame, out);
    }
  }

  /**
   * What {@code macro} and {@code call} define. The first slots of its frames are the parameters.
   *
   * @param name        for messages
   * @param defaults    one for each parameter, null where there is none
   * @param callerSlot  of the variable {@code caller}, or -1 where nobody asks for it; the other two likewise
   * @param slots       how many variables a call has
   * @param weight      steps of a call
   * @param levels      of the stack that a call takes
   */
  record Function(
      String name, String[] parameters, Expression[] defaults, int callerSlot, int kwargsSlot, int varargsSlot,
      Inherited[] inherited, Statement[] body, int slots, int weight, int levels) {}

  /** {@code macro}. */
  record DefineMacro(int slot, Function function) implements Statement {
    @Override
    public Flow execute(Frame frame, TextBuilder out) {
      frame.slots[slot] = new MacroValue(function, frame);
      return Flow.NEXT;
    }
  }

  /** {@code call}: a call that gets the body as {@code caller}. */
  record CallWithBody(Expression.Call call, Function body) implements Statement {
    @Override
    public Flow execute(Frame frame, TextBuilder out) {
      Value value = call.call(frame, new MacroValue(body, frame));
      out.append(Printer.print(value, frame.rendering));
      return Flow.NEXT;
    }
  }

  /** {@code break} or {@code continue}. */
  record Leave(Flow flow) implements Statement {
    @Override
    public Flow execute(Frame frame, TextBuilder out) {
      return flow;
    }
  }
}
