package io.picaflor.tokenizer.template;

import java.util.ArrayList;
import java.util.List;

/**
 * The {@code attribute=} of filters: keys one behind the other, {@code 'function.name'}; parts of digits are indexes.
 *
 * @param keys   none: the item itself
 * @param absent what stands for undefined ones, or null
 */
record AttributePath(List<Value> keys, Value absent) {

  static AttributePath parse(Value attribute) {
    if (attribute == null || attribute == None.NONE) {
      return new AttributePath(List.of(), null);
    }
    if (!(attribute instanceof Text path)) {
      return new AttributePath(List.of(attribute), null);
    }
    List<Value> keys = new ArrayList<>();
    int from = 0;
    int to;
    do {
      to = path.chars().indexOf('.', from);
      String part = path.chars().substring(from, to < 0 ? path.chars().length() : to);
      boolean number = !part.isEmpty() && FormatSpec.digits(part, 0) == part.length();
      keys.add(number ? Int.of(FormatSpec.number(part, 0, part.length(), 0)) : Text.trusted(part));
      from = to + 1;
    } while (to >= 0);
    return new AttributePath(keys, null);
  }

  AttributePath orElse(Value value) {
    return new AttributePath(keys, value == None.NONE ? null : value);
  }

  Value of(Value item, Rendering rendering) {
    Value value = item;
    for (Value key : keys) {
      rendering.step(1);
      value = Members.item(value, key);
      if (absent != null && value instanceof Undefined) {
        value = absent;
      }
    }
    return value;
  }

  /** The attribute of each item. */
  List<Value> all(List<Value> items, Rendering rendering) {
    if (keys.isEmpty()) {
      return items;
    }
    rendering.items(items.size());
    List<Value> values = new ArrayList<>(items.size());
    for (Value item : items) {
      values.add(of(item, rendering));
    }
    return values;
  }
}
