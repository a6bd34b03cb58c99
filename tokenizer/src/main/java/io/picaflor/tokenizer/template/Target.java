package io.picaflor.tokenizer.template;

import java.util.Iterator;

/** What a value can be assigned to. */
sealed interface Target {

  /** @throws Failure if the value does not fit */
  void assign(Frame frame, Value value);

  /** Refuses what cannot be assigned to whatever the value is, before it is made. */
  default void check(Frame frame) {}

  /** A variable of the scope. */
  record Variable(int slot) implements Target {
    @Override
    public void assign(Frame frame, Value value) {
      frame.slots[slot] = value;
    }
  }

  /** {@code namespace.attribute}. */
  record Member(Expression namespace, String attribute, int position) implements Target {
    @Override
    public void check(Frame frame) {
      frame.rendering.at(position);
      if (!(namespace.evaluate(frame) instanceof Namespace)) {
        throw Failure.evaluation("only attributes of a namespace can be set");
      }
    }

    @Override
    public void assign(Frame frame, Value value) {
      check(frame);
      ((Namespace) namespace.evaluate(frame)).attributes().put(attribute, value);
    }
  }

  /** Several at once, each with an item of the value. */
  record Several(Target[] targets, int position) implements Target {
    @Override
    public void check(Frame frame) {
      for (Target target : targets) {
        target.check(frame);
      }
    }

    @Override
    public void assign(Frame frame, Value value) {
      frame.rendering.at(position);
      Iterator<Value> items = Sequences.iterate(value);
      Value[] values = new Value[targets.length];
      int count = 0;
      while (items.hasNext() && count < values.length) {
        values[count++] = items.next();
      }
      if (count < values.length || items.hasNext()) {
        throw Failure.evaluation("the value does not have the " + values.length + " items that are to be assigned");
      }
      for (int i = 0; i < values.length; i++) {
        targets[i].assign(frame, values[i]);
      }
    }
  }
}
