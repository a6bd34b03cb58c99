package io.picaflor.tokenizer.template;

import java.util.Collections;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The filters that apply other filters or tests to each item: {@code map}, {@code select} and their relatives. Lazy, as
 * the reference is.
 */
final class Selection {
  private Selection() {}

  /** {@code map('filter', ...)} or {@code map(attribute='path', default=value)}. */
  static Value map(Value value, Arguments arguments, Rendering rendering) {
    if (!value.truth()) {
      return new Generator(Collections.emptyIterator());
    }
    Iterator<Value> items = Sequences.iterate(value);
    if (arguments.positional().length == 0 && arguments.named("attribute") != null) {
      for (String name : arguments.names()) {
        if (!name.equals("attribute") && !name.equals("default")) {
          throw Failure.evaluation("map() got an unexpected keyword argument '" + name + "'");
        }
      }
      AttributePath path = AttributePath.parse(arguments.named("attribute")).orElse(arguments.named("default"));
      return Generator.over(value, new Mapped(items, null, path, null, rendering));
    }
    if (arguments.positional().length == 0) {
      throw Failure.evaluation("map needs a filter or an attribute");
    }
    String name = TextMethod.text(arguments.positional()[0]).chars();
    Filter filter = Filter.named(name);
    if (filter == null) {
      throw Failure.evaluation("there is no filter '" + name + "'");
    }
    return Generator.over(value, new Mapped(items, filter, null, arguments.skip(1), rendering));
  }

  /**
   * @param wanted    what the test has to say for an item to stay
   * @param attribute whether the first argument is an attribute to test, instead of the item
   */
  static Value select(Value value, Arguments arguments, boolean wanted, boolean attribute, Rendering rendering) {
    if (!value.truth()) {
      return new Generator(Collections.emptyIterator());
    }
    int skip = attribute ? 1 : 0;
    if (arguments.positional().length < skip) {
      throw Failure.evaluation("the name of an attribute is needed");
    }
    AttributePath path = AttributePath.parse(attribute ? arguments.positional()[0] : null);
    Test test = null;
    Arguments rest = Arguments.NONE;
    if (arguments.positional().length > skip) {
      String name = TextMethod.text(arguments.positional()[skip]).chars();
      test = Test.named(name);
      if (test == null) {
        throw Failure.evaluation("there is no test '" + name + "'");
      }
      rest = arguments.skip(skip + 1);
    }
    return Generator.over(value, new Selected(Sequences.iterate(value), path, test, rest, wanted, rendering));
  }

  /** Each item through a filter, or its attribute. */
  private record Mapped(Iterator<Value> items, Filter filter, AttributePath path, Arguments arguments,
      Rendering rendering) implements Iterator<Value> {

    @Override
    public boolean hasNext() {
      return items.hasNext();
    }

    @Override
    public Value next() {
      rendering.step(1);
      Value item = items.next();
      return filter == null ? path.of(item, rendering) : filter.apply(item, arguments, rendering);
    }
  }

  /** The items that pass. */
  private static final class Selected implements Iterator<Value> {
    private final Iterator<Value> items;
    private final AttributePath path;
    private final Test test; // null: whether it is true
    private final Arguments arguments;
    private final boolean wanted;
    private final Rendering rendering;
    private Value next;

    private Selected(Iterator<Value> items, AttributePath path, Test test, Arguments arguments, boolean wanted,
        Rendering rendering) {
      this.items = items;
      this.path = path;
      this.test = test;
      this.arguments = arguments;
      this.wanted = wanted;
      this.rendering = rendering;
    }

    @Override
    public boolean hasNext() {
      while (next == null && items.hasNext()) {
        rendering.step(1);
        Value item = items.next();
        Value tested = path.of(item, rendering);
        if ((test == null ? tested.truth() : test.holds(tested, arguments, rendering)) == wanted) {
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
}
