package io.picaflor.tokenizer.template;

import java.util.Iterator;

/**
 * A value of the template language. Names, printing and truth are Python's. All but {@link Namespace}, {@link
 * Generator} and loops are immutable.
 */
sealed interface Value
    permits None, Bool, Int, Real, Text, Undefined, ListValue, TupleValue, Dict, DictView, Range, Generator, Namespace,
    Callable {

  /** What {@code if} sees. */
  boolean truth();

  /** Python's name of the type, for messages. */
  String typeName();

  /** Appends Python's {@code repr}. */
  void repr(Printer out);

  /** Appends Python's {@code str}. */
  default void print(Printer out) {
    repr(out);
  }

  /** Python's {@code len}, or -1 where it has none. */
  default int length() {
    return -1;
  }

  /** The items that {@code for} sees, or null where there are none to see. */
  default Iterator<Value> iterator() {
    return null;
  }
}
