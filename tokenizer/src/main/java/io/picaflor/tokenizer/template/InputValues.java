package io.picaflor.tokenizer.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Copies a request's values into the template's world: nothing else of the caller's is in reach of a template. */
final class InputValues {
  private static final int MAX_DEPTH = 200;

  private final Rendering rendering;
  private int depth;

  InputValues(Rendering rendering) {
    this.rendering = rendering;
  }

  /**
   * @throws Failure                  if the value is nested too deeply
   * @throws IllegalArgumentException if it is of a kind that no request has
   */
  Value value(Object value) {
    rendering.step(1);
    if (value == null) {
      return None.NONE;
    }
    // no switch over types: linking one costs a process's first rendering milliseconds
    if (value instanceof String text) {
      return Text.input(text);
    }
    if (value instanceof TrustedText text) {
      return Text.trusted(text.text());
    }
    if (value instanceof Boolean bool) {
      return Bool.of(bool);
    }
    if (value instanceof Integer number) {
      return Int.of(number.longValue());
    }
    if (value instanceof Long number) {
      return Int.of(number);
    }
    if (value instanceof BigInteger number) {
      return Int.of(number);
    }
    if (value instanceof Double number) {
      return new Real(number);
    }
    if (value instanceof Float number) {
      return new Real(number);
    }
    if (value instanceof BigDecimal number) {
      return new Real(number.doubleValue());
    }
    if (value instanceof Short number) {
      return Int.of(number);
    }
    if (value instanceof Byte number) {
      return Int.of(number);
    }
    if (value instanceof Map<?, ?> map) {
      return dict(map);
    }
    if (value instanceof Iterable<?> items) {
      return list(items);
    }
    throw new IllegalArgumentException(
        "a template's variable is a Map, List, String, number, Boolean or null, not " + value.getClass().getName());
  }

  private void enter() {
    if (++depth > MAX_DEPTH) {
      throw Failure.limit("a variable is nested more than " + MAX_DEPTH + " deep");
    }
  }

  private Dict dict(Map<?, ?> map) {
    enter();
    Dict dict = new Dict();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      dict.put(value(entry.getKey()), value(entry.getValue()));
    }
    depth--;
    return dict;
  }

  private ListValue list(Iterable<?> items) {
    enter();
    List<Value> values = new ArrayList<>();
    for (Object item : items) {
      values.add(value(item));
    }
    depth--;
    return new ListValue(values);
  }
}
