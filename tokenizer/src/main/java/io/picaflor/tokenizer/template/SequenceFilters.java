package io.picaflor.tokenizer.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/** Filters on lists, dicts and whatever else has items. */
final class SequenceFilters {
  private SequenceFilters() {}

  /** An attribute, never an item. */
  static Value attr(Value value, Value name) {
    String attribute = TextMethod.text(name).chars();
    Value found = value instanceof Dict && DictMethod.named(attribute) == null
        ? null
        : Members.attribute(value, attribute);
    return found == null ? Undefined.member(value, attribute) : found;
  }

  static Value first(Value value) {
    Iterator<Value> items = Sequences.iterate(value);
    return items.hasNext() ? items.next() : Undefined.because("there is no first item, the list is empty");
  }

  static Value last(Value value, Rendering rendering) {
    if (value instanceof Text text) {
      return text.isEmpty()
          ? noLast()
          : text.slice(text.chars().offsetByCodePoints(text.chars().length(), -1), text.chars().length());
    }
    if (value instanceof Generator) {
      throw Failure.evaluation("a generator has no last item: use |list first");
    }
    List<Value> items = Sequences.list(value, rendering);
    return items.isEmpty() ? noLast() : items.get(items.size() - 1);
  }

  private static Undefined noLast() {
    return Undefined.because("there is no last item, the list is empty");
  }

  static Value reverse(Value value, Rendering rendering) {
    if (value instanceof Text text) {
      return Members.slice(text, null, null, Int.of(-1), rendering);
    }
    List<Value> items = new ArrayList<>(Sequences.list(value, rendering));
    rendering.items(items.size());
    Collections.reverse(items);
    return value instanceof Generator ? new ListValue(items) : new Generator(items.iterator());
  }

  static Value items(Value value) {
    if (value instanceof Undefined) {
      return new Generator(Collections.emptyIterator());
    }
    if (!(value instanceof Dict dict)) {
      throw Failure.evaluation("items needs a dict, not '" + value.typeName() + "'");
    }
    return new Generator(new DictView(dict, DictView.Part.ITEMS).iterator());
  }

  static Text join(Value value, Value separator, Value attribute, Rendering rendering) {
    List<Value> items = Sequences.list(value, rendering);
    if (attribute != null && attribute != None.NONE) {
      items = AttributePath.parse(attribute).all(items, rendering);
    }
    return TextOperations.joinPrinted(items, Printer.print(separator, rendering), rendering);
  }

  /** Pairs of a dict by key or value. */
  static ListValue dictSort(Value value, boolean caseSensitive, Value by, boolean reverse, Rendering rendering) {
    if (!(value instanceof Dict dict)) {
      throw Failure.wrongType("dictsort needs a dict", value);
    }
    String part = by == null ? "key" : TextMethod.text(by).chars();
    if (!part.equals("key") && !part.equals("value")) {
      throw Failure.evaluation("dictsort sorts by key or by value");
    }
    List<Value> pairs = Sequences.list(new DictView(dict, DictView.Part.ITEMS), rendering);
    List<Value> keys = new ArrayList<>(pairs.size());
    for (Value pair : pairs) {
      keys.add(folded(((TupleValue) pair).items().get(part.equals("key") ? 0 : 1), caseSensitive, rendering));
    }
    return new ListValue(Comparison.inOrder(pairs, Comparison.sorted(keys, reverse, rendering)));
  }

  /** In lower case, unless case counts or it is no text. */
  static Value folded(Value value, boolean caseSensitive, Rendering rendering) {
    return caseSensitive || !(value instanceof Text text) ? value : text.map(TextChange.LOWER, rendering);
  }

  private static List<Value> folded(List<Value> values, Rendering rendering) {
    List<Value> all = new ArrayList<>(values.size());
    for (Value value : values) {
      all.add(folded(value, false, rendering));
    }
    return all;
  }

  private static List<Value> keys(List<Value> items, Value attribute, boolean caseSensitive, Rendering rendering) {
    List<Value> keys = AttributePath.parse(attribute).all(items, rendering);
    if (!caseSensitive) {
      keys = folded(keys, rendering);
    }
    return keys;
  }

  static ListValue sort(Value value, boolean reverse, boolean caseSensitive, Value attribute, Rendering rendering) {
    List<Value> items = Sequences.list(value, rendering);
    List<Value> keys;
    if (attribute instanceof Text names && names.chars().indexOf(',') >= 0) {
      keys = new ArrayList<>(items.size());
      List<List<Value>> columns = new ArrayList<>();
      for (Value name : TextSplitting.split(names, Text.trusted(","), -1, rendering).items()) {
        columns.add(keys(items, name, caseSensitive, rendering));
      }
      for (int i = 0; i < items.size(); i++) {
        List<Value> row = new ArrayList<>(columns.size());
        for (List<Value> column : columns) {
          row.add(column.get(i));
        }
        rendering.items(row.size());
        keys.add(new ListValue(row));
      }
    } else {
      keys = keys(items, attribute, caseSensitive, rendering);
    }
    return new ListValue(Comparison.inOrder(items, Comparison.sorted(keys, reverse, rendering)));
  }

  static Value extreme(Value value, boolean largest, boolean caseSensitive, Value attribute, Rendering rendering) {
    List<Value> items = Sequences.list(value, rendering);
    if (items.isEmpty()) {
      return Undefined.because("the list is empty: it has neither smallest nor largest item");
    }
    List<Value> keys = keys(items, attribute, caseSensitive, rendering);
    int best = 0;
    for (int i = 1; i < items.size(); i++) {
      Comparison.Operator better = largest ? Comparison.Operator.GT : Comparison.Operator.LT;
      if (Comparison.holds(better, keys.get(i), keys.get(best), rendering)) {
        best = i;
      }
    }
    return items.get(best);
  }

  static Generator unique(Value value, boolean caseSensitive, Value attribute, Rendering rendering) {
    List<Value> items = Sequences.list(value, rendering);
    List<Value> keys = keys(items, attribute, caseSensitive, rendering);
    Set<Value> seen = new HashSet<>();
    List<Value> kept = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      Dict.requireHashable(keys.get(i));
      if (seen.add(keys.get(i))) {
        kept.add(items.get(i));
      }
    }
    rendering.items(kept.size());
    return new Generator(kept.iterator());
  }

  static ListValue groupBy(Value value, Value attribute, Value absent, boolean caseSensitive, Rendering rendering) {
    List<Value> items = Sequences.list(value, rendering);
    List<Value> shown = AttributePath.parse(attribute).orElse(absent).all(items, rendering);
    List<Value> keys = caseSensitive ? shown : folded(shown, rendering);
    int[] order = Comparison.sorted(keys, false, rendering);
    List<Value> groups = new ArrayList<>();
    for (int from = 0; from < order.length;) {
      List<Value> members = new ArrayList<>();
      int to = from;
      while (to < order.length
          && (to == from || Comparison.equal(keys.get(order[from]), keys.get(order[to]), rendering))) {
        members.add(items.get(order[to++]));
      }
      groups.add(TupleValue.group(shown.get(order[from]), new ListValue(members)));
      from = to;
    }
    rendering.items(items.size());
    return new ListValue(groups);
  }

  static Value sum(Value value, Value attribute, Value start, Rendering rendering) {
    List<Value> items = Sequences.list(value, rendering);
    if (attribute != null && attribute != None.NONE) {
      items = AttributePath.parse(attribute).all(items, rendering);
    }
    if (start instanceof Text) {
      throw Failure.evaluation("sum cannot add texts: use join");
    }
    Value sum = start;
    for (Value item : items) {
      rendering.step(1);
      sum = Operators.add(sum, item, rendering);
    }
    return sum;
  }

  /** Lists of {@code size} items each, the last filled up. */
  static Generator batch(Value value, int size, Value fill, Rendering rendering) {
    List<Value> items = Sequences.list(value, rendering);
    List<Value> batches = new ArrayList<>();
    if (size < 1) {
      throw Failure.evaluation("a batch needs at least one item");
    }
    for (int from = 0; from < items.size(); from += Math.min(size, items.size() - from)) {
      List<Value> batch = new ArrayList<>(items.subList(from, from + Math.min(size, items.size() - from)));
      if (fill != null && fill != None.NONE && batch.size() < size) {
        rendering.items(size);
        batch.addAll(Collections.nCopies(size - batch.size(), fill));
      }
      rendering.items(batch.size());
      batches.add(new ListValue(batch));
    }
    return new Generator(batches.iterator());
  }

  /** So many lists of about equal length; shorter ones filled up by one. */
  static Generator slice(Value value, int count, Value fill, Rendering rendering) {
    List<Value> items = Sequences.list(value, rendering);
    if (count < 1) {
      throw Failure.evaluation("slice needs at least one list");
    }
    rendering.items((long) count + items.size());
    int size = items.size() / count;
    int longer = items.size() % count;
    List<Value> slices = new ArrayList<>(count);
    int from = 0;
    for (int i = 0; i < count; i++) {
      int to = from + size + (i < longer ? 1 : 0);
      List<Value> slice = new ArrayList<>(items.subList(from, to));
      if (fill != null && fill != None.NONE && i >= longer) {
        slice.add(fill);
      }
      slices.add(new ListValue(slice));
      from = to;
    }
    return new Generator(slices.iterator());
  }
}
