package io.picaflor.tokenizer.template;

import java.util.List;

/** The methods of lists and tuples. */
enum ListMethod implements Method {
  COUNT("count"),
  INDEX("index"),
  COPY("copy"),
  CHANGE("append");

  private final String pythonName;

  ListMethod(String pythonName) {
    this.pythonName = pythonName;
  }

  /** The method, or null. */
  static ListMethod named(String name, boolean list) {
    return switch (name) {
      case "count" -> COUNT;
      case "index" -> INDEX;
      case "copy" -> list ? COPY : null;
      case "append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort" -> list ? CHANGE : null;
      default -> null;
    };
  }

  @Override
  public String pythonName() {
    return pythonName;
  }

  @Override
  public boolean changesOwner() {
    return this == CHANGE;
  }

  @Override
  public Value call(Value self, Arguments arguments, Rendering rendering) {
    List<Value> items = self instanceof ListValue list ? list.items() : ((TupleValue) self).items();
    rendering.step(1 + items.size());
    return switch (this) {
      case COUNT -> Int.of(count(items, arguments.bind(pythonName, Signature.of(1, "value"))[0], rendering));
      case INDEX -> Int.of(index(items, arguments.bind(pythonName, Signature.of(1, "value"))[0], rendering));
      case COPY -> self;
      case CHANGE -> throw new IllegalStateException("lists cannot be changed");
    };
  }

  private static int count(List<Value> items, Value value, Rendering rendering) {
    int count = 0;
    for (Value item : items) {
      if (Comparison.equal(item, value, rendering)) {
        count++;
      }
    }
    return count;
  }

  private static int index(List<Value> items, Value value, Rendering rendering) {
    for (int i = 0; i < items.size(); i++) {
      if (Comparison.equal(items.get(i), value, rendering)) {
        return i;
      }
    }
    throw Failure.evaluation("the value is not in the list");
  }
}
