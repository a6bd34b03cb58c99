package io.picaflor.tokenizer.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** What {@code d.keys()}, {@code d.values()} and {@code d.items()} give. */
record DictView(Dict dict, Part part) implements Value {
  enum Part {
    KEYS,
    VALUES,
    ITEMS
  }

  @Override
  public boolean truth() {
    return dict.truth();
  }

  @Override
  public String typeName() {
    return switch (part) {
      case KEYS -> "dict_keys";
      case VALUES -> "dict_values";
      case ITEMS -> "dict_items";
    };
  }

  @Override
  public void repr(Printer out) {
    List<Value> items = new ArrayList<>(dict.size());
    iterator().forEachRemaining(items::add);
    out.append(typeName());
    out.sequence("([", items, "])");
  }

  @Override
  public int length() {
    return dict.size();
  }

  @Override
  public Iterator<Value> iterator() {
    return switch (part) {
      case KEYS -> dict.iterator();
      case VALUES -> dict.values();
      case ITEMS -> {
        Iterator<Map.Entry<Value, Value>> pairs = dict.pairs();
        yield new Iterator<>() {
          @Override
          public boolean hasNext() {
            return pairs.hasNext();
          }

          @Override
          public Value next() {
            Map.Entry<Value, Value> pair = pairs.next();
            return TupleValue.pair(pair.getKey(), pair.getValue());
          }
        };
      }
    };
  }
}
