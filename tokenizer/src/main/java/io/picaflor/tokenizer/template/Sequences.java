package io.picaflor.tokenizer.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Walks whatever can be walked. */
final class Sequences {
  private Sequences() {}

  /** @throws Failure if the value has no items */
  static Iterator<Value> iterate(Value value) {
    Iterator<Value> items = value.iterator();
    if (items == null) {
      throw Failure.evaluation("'" + value.typeName() + "' is no list: it cannot be walked through");
    }
    return items;
  }

  /** The items as a list of their own, or the list itself. */
  static List<Value> list(Value value, Rendering rendering) {
    if (value instanceof ListValue list) {
      return list.items();
    }
    if (value instanceof TupleValue tuple) {
      return tuple.items();
    }
    Iterator<Value> items = iterate(value);
    List<Value> list = new ArrayList<>();
    while (items.hasNext()) {
      rendering.items(1);
      list.add(items.next());
    }
    return list;
  }

  /** @throws Failure if the value has no length */
  static int length(Value value) {
    int length = value.length();
    if (length < 0) {
      throw Failure.evaluation("'" + value.typeName() + "' has no length");
    }
    return length;
  }
}
