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
    return switch (value) {
      case null -> None.NONE;
      case String text -> Text.input(text);
      case TrustedText text -> Text.trusted(text.text());
      case Boolean bool -> Bool.of(bool);
      case Integer number -> Int.of(number.longValue());
      case Long number -> Int.of(number);
      case BigInteger number -> Int.of(number);
      case Double number -> new Real(number);
      case Float number -> new Real(number);
      case BigDecimal number -> new Real(number.doubleValue());
      case Short number -> Int.of(number);
      case Byte number -> Int.of(number);
      case Map<?, ?> map -> dict(map);
      case Iterable<?> items -> list(items);
      default -> throw new IllegalArgumentException(
          "a template's variable is a Map, List, String, number, Boolean or null, not " + value.getClass().getName());
    };
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
