package io.picaflor.tokenizer.template;

import java.util.Iterator;
import java.util.List;

/** Python's {@code tuple}; as {@code groupby} makes them, with names for the two items. */
final class TupleValue implements Value {
  /**
   * Tuples of more values than this, counted through all levels, are refused as keys: comparing them could take
   * forever.
   */
  private static final long MAX_KEY_WEIGHT = 1_000;

  private final List<Value> items;
  private final boolean group;
  private final long weight;

  private TupleValue(List<Value> items, boolean group) {
    this.items = items;
    this.group = group;
    long sum = 1;
    for (Value item : items) {
      sum += item instanceof TupleValue tuple ? tuple.weight : 1;
    }
    this.weight = Math.min(sum, MAX_KEY_WEIGHT + 1);
  }

  static TupleValue of(List<Value> items) {
    return new TupleValue(items, false);
  }

  static TupleValue pair(Value first, Value second) {
    return new TupleValue(List.of(first, second), false);
  }

  /** A pair whose items are also called {@code grouper} and {@code list}. */
  static TupleValue group(Value grouper, Value list) {
    return new TupleValue(List.of(grouper, list), true);
  }

  List<Value> items() {
    return items;
  }

  /** The item of that name, or null. */
  Value named(String name) {
    return !group ? null : name.equals("grouper") ? items.get(0) : name.equals("list") ? items.get(1) : null;
  }

  /** Whether all that it holds can be keys, and is little enough. */
  boolean hashable() {
    if (weight > MAX_KEY_WEIGHT) {
      return false;
    }
    for (Value item : items) {
      if (!Dict.hashable(item)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean truth() {
    return !items.isEmpty();
  }

  @Override
  public String typeName() {
    return "tuple";
  }

  @Override
  public void repr(Printer out) {
    out.sequence("(", items, items.size() == 1 ? ",)" : ")");
  }

  @Override
  public int length() {
    return items.size();
  }

  @Override
  public Iterator<Value> iterator() {
    return items.iterator();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TupleValue tuple && items.equals(tuple.items);
  }

  @Override
  public int hashCode() {
    return items.hashCode();
  }
}
