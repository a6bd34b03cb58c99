package io.picaflor.tokenizer.template;

import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/** Python's {@code dict}, in order of insertion. Changed only by who makes it. */
final class Dict implements Value {
  private final Map<Value, Value> entries = new LinkedHashMap<>();
  private Map<Value, Value> printedKeys; // keys that print otherwise than they compare: True is stored as 1

  /** Whether Python could have the value as a key. */
  static boolean hashable(Value key) {
    if (key instanceof TupleValue tuple) {
      return tuple.hashable();
    }
    return key instanceof Text || Operators.isNumber(key) || key == None.NONE || key instanceof Undefined;
  }

  /** Numbers that are equal are one key. */
  private static Value stored(Value key) {
    if (key instanceof Bool) {
      return Operators.integer(key);
    }
    if (key instanceof Real real && real.value() == Math.rint(real.value()) && Math.abs(real.value()) < 0x1p62) {
      return Int.of((long) real.value());
    }
    return key;
  }

  /** @throws Failure if no such key can be */
  static void requireHashable(Value key) {
    if (!hashable(key)) {
      throw Failure.evaluation("unhashable type: '" + key.typeName() + "'");
    }
  }

  /** Sets an entry; a key that is there keeps its place. */
  void put(Value key, Value value) {
    if (key instanceof Text) {
      entries.put(key, value);
      return;
    }
    requireHashable(key);
    Value stored = stored(key);
    if (entries.put(stored, value) == null && stored != key) {
      if (printedKeys == null) {
        printedKeys = new HashMap<>();
      }
      printedKeys.put(stored, key);
    }
  }

  void putAll(Dict other) {
    for (Map.Entry<Value, Value> entry : other.entries.entrySet()) {
      put(other.printed(entry.getKey()), entry.getValue());
    }
  }

  /** The value, or null. The key must be hashable. */
  Value get(Value key) {
    return entries.get(key instanceof Text ? key : stored(key));
  }

  int size() {
    return entries.size();
  }

  private Value printed(Value stored) {
    return printedKeys == null ? stored : printedKeys.getOrDefault(stored, stored);
  }

  /** The values in order. */
  Iterator<Value> values() {
    return entries.values().iterator();
  }

  /** Pairs of key and value in order. */
  Iterator<Map.Entry<Value, Value>> pairs() {
    Iterator<Map.Entry<Value, Value>> all = entries.entrySet().iterator();
    if (printedKeys == null) {
      return all;
    }
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return all.hasNext();
      }

      @Override
      public Map.Entry<Value, Value> next() {
        Map.Entry<Value, Value> entry = all.next();
        return Map.entry(printed(entry.getKey()), entry.getValue());
      }
    };
  }

  @Override
  public boolean truth() {
    return !entries.isEmpty();
  }

  @Override
  public String typeName() {
    return "dict";
  }

  @Override
  public void repr(Printer out) {
    out.dict(this);
  }

  @Override
  public int length() {
    return entries.size();
  }

  /** The keys in order. */
  @Override
  public Iterator<Value> iterator() {
    Iterator<Value> keys = entries.keySet().iterator();
    if (printedKeys == null) {
      return keys;
    }
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return keys.hasNext();
      }

      @Override
      public Value next() {
        return printed(keys.next());
      }
    };
  }
}
