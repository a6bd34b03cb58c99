package io.picaflor.tokenizer.template;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Python's equality, order and membership. */
final class Comparison {
  private static final int MAX_DEPTH = 200;

  private Comparison() {}

  /** A comparison. */
  enum Operator {
    EQ("=="),
    NE("!="),
    LT("<"),
    LE("<="),
    GT(">"),
    GE(">="),
    IN("in"),
    NOT_IN("not in");

    private final String symbol;

    Operator(String symbol) {
      this.symbol = symbol;
    }
  }

  static boolean holds(Operator operator, Value a, Value b, Rendering rendering) {
    return switch (operator) {
      case EQ -> equal(a, b, rendering);
      case NE -> !equal(a, b, rendering);
      case LT, LE, GT, GE -> ordered(operator, a, b, rendering, 0);
      case IN -> contains(b, a, rendering);
      case NOT_IN -> !contains(b, a, rendering);
    };
  }

  static boolean equal(Value a, Value b, Rendering rendering) {
    return equal(a, b, rendering, 0);
  }

  private static boolean equal(Value a, Value b, Rendering rendering, int depth) {
    if (a instanceof Text x) {
      if (b instanceof Text y) {
        rendering.scan(x.chars().length());
        return x.equals(y);
      }
      return false;
    }
    if (a == b) {
      return !(a instanceof Real real) || !Double.isNaN(real.value());
    }
    if (Operators.isNumber(a) && Operators.isNumber(b)) {
      return !isNaN(a) && !isNaN(b) && compareNumbers(a, b) == 0;
    }
    rendering.step(1);
    if (depth > MAX_DEPTH) {
      throw Failure.limit("values that are compared are nested more than " + MAX_DEPTH + " deep");
    }
    if (a instanceof ListValue x && b instanceof ListValue y) {
      return equalItems(x.items(), y.items(), rendering, depth);
    }
    if (a instanceof TupleValue x && b instanceof TupleValue y) {
      return equalItems(x.items(), y.items(), rendering, depth);
    }
    if (a instanceof Dict x && b instanceof Dict y) {
      return equalDicts(x, y, rendering, depth);
    }
    if (a instanceof Range x && b instanceof Range y) {
      return x.count() == y.count()
          && (x.count() == 0 || x.start() == y.start() && (x.count() == 1 || x.step() == y.step()));
    }
    return a instanceof Undefined && b instanceof Undefined;
  }

  private static boolean equalItems(List<Value> a, List<Value> b, Rendering rendering, int depth) {
    if (a.size() != b.size()) {
      return false;
    }
    for (int i = 0; i < a.size(); i++) {
      if (!equal(a.get(i), b.get(i), rendering, depth + 1)) {
        return false;
      }
    }
    return true;
  }

  private static boolean equalDicts(Dict a, Dict b, Rendering rendering, int depth) {
    if (a.size() != b.size()) {
      return false;
    }
    Iterator<Map.Entry<Value, Value>> pairs = a.pairs();
    while (pairs.hasNext()) {
      Map.Entry<Value, Value> pair = pairs.next();
      Value other = b.get(pair.getKey());
      if (other == null || !equal(pair.getValue(), other, rendering, depth + 1)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isNaN(Value value) {
    return value instanceof Real real && Double.isNaN(real.value());
  }

  /** Exact, for numbers that are not NaN. */
  private static int compareNumbers(Value a, Value b) {
    Int i = Operators.integer(a);
    Int j = Operators.integer(b);
    if (i != null && j != null) {
      return i.isLong() && j.isLong()
          ? Long.compare(i.longValue(), j.longValue())
          : i.bigValue().compareTo(j.bigValue());
    }
    if (i == null && j == null) {
      double x = ((Real) a).value();
      double y = ((Real) b).value();
      return x < y ? -1 : x > y ? 1 : 0; // -0.0 equals 0.0
    }
    double real = ((Real) (i == null ? a : b)).value();
    int order = Double.isInfinite(real)
        ? real > 0 ? -1 : 1
        : new BigDecimal((i == null ? j : i).bigValue()).compareTo(new BigDecimal(real));
    return i == null ? -order : order;
  }

  private static boolean ordered(Operator operator, Value a, Value b, Rendering rendering, int depth) {
    if (a instanceof Text x && b instanceof Text y) {
      rendering.scan(Math.min(x.chars().length(), y.chars().length()));
      return fits(operator, x.compareTo(y));
    }
    if (Operators.isNumber(a) && Operators.isNumber(b)) {
      return !isNaN(a) && !isNaN(b) && fits(operator, compareNumbers(a, b));
    }
    if (a instanceof ListValue x && b instanceof ListValue y) {
      return orderedItems(operator, x.items(), y.items(), rendering, depth);
    }
    if (a instanceof TupleValue x && b instanceof TupleValue y) {
      return orderedItems(operator, x.items(), y.items(), rendering, depth);
    }
    if (a instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (b instanceof Undefined undefined) {
      throw undefined.failure();
    }
    throw Failure.evaluation("'" + operator.symbol + "' is not defined between '" + a.typeName() + "' and '"
        + b.typeName() + "'");
  }

  private static boolean orderedItems(Operator operator, List<Value> a, List<Value> b, Rendering rendering, int depth) {
    if (depth > MAX_DEPTH) {
      throw Failure.limit("values that are compared are nested more than " + MAX_DEPTH + " deep");
    }
    for (int i = 0; i < a.size() && i < b.size(); i++) {
      rendering.step(1);
      if (!equal(a.get(i), b.get(i), rendering, depth + 1)) {
        return ordered(operator, a.get(i), b.get(i), rendering, depth + 1);
      }
    }
    return fits(operator, Integer.compare(a.size(), b.size()));
  }

  private static boolean fits(Operator operator, int order) {
    return switch (operator) {
      case LT -> order < 0;
      case LE -> order <= 0;
      case GT -> order > 0;
      case GE -> order >= 0;
      case EQ, NE, IN, NOT_IN -> throw new IllegalArgumentException(operator + " is no order");
    };
  }

  static boolean contains(Value container, Value value, Rendering rendering) {
    if (container instanceof Text text) {
      if (!(value instanceof Text part)) {
        throw Failure.wrongType("'in' a text needs a text", value);
      }
      rendering.scan(text.chars().length());
      return text.chars().contains(part.chars());
    }
    if (container instanceof Dict dict) {
      Dict.requireHashable(value);
      return dict.get(value) != null;
    }
    Iterator<Value> items = container.iterator();
    if (items == null) {
      throw Failure.evaluation("'in' needs a text, list or dict, not '" + container.typeName() + "'");
    }
    while (items.hasNext()) {
      rendering.step(1);
      Value item = items.next();
      if (item == value || equal(item, value, rendering)) {
        return true;
      }
    }
    return false;
  }

  /**
   * The order of the keys, as indexes, smallest first; equal ones keep theirs.
   *
   * @param reverse largest first; equal ones still keep their order
   */
  static int[] sorted(List<Value> keys, boolean reverse, Rendering rendering) {
    int[] order = new int[keys.size()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    rendering.items(order.length);
    sort(order, new int[order.length], 0, order.length, keys, reverse, rendering);
    return order;
  }

  // A merge sort of our own: the library's throws where an order has no logic, and NaN's has none.
  private static void sort(int[] order, int[] spare, int from, int to, List<Value> keys, boolean reverse,
      Rendering rendering) {
    if (to - from < 2) {
      return;
    }
    int middle = (from + to) >>> 1;
    sort(order, spare, from, middle, keys, reverse, rendering);
    sort(order, spare, middle, to, keys, reverse, rendering);
    System.arraycopy(order, from, spare, from, to - from);
    int left = from;
    int right = middle;
    for (int i = from; i < to; i++) {
      rendering.step(1);
      boolean takeRight = left == middle
          || right < to && (reverse
              ? ordered(Operator.LT, keys.get(spare[left]), keys.get(spare[right]), rendering, 0)
              : ordered(Operator.LT, keys.get(spare[right]), keys.get(spare[left]), rendering, 0));
      order[i] = takeRight ? spare[right++] : spare[left++];
    }
  }

  /** The items in the order of {@link #sorted}. */
  static List<Value> inOrder(List<? extends Value> items, int[] order) {
    List<Value> sorted = new ArrayList<>(order.length);
    for (int i : order) {
      sorted.add(items.get(i));
    }
    return sorted;
  }
}
