package io.picaflor.tokenizer.template;

import java.util.Iterator;
import java.util.List;

/** Python's {@code list}; nothing in the sandbox changes one. */
record ListValue(List<Value> items) implements Value {

  @Override
  public boolean truth() {
    return !items.isEmpty();
  }

  @Override
  public String typeName() {
    return "list";
  }

  @Override
  public void repr(Printer out) {
    out.sequence("[", items, "]");
  }

  @Override
  public int length() {
    return items.size();
  }

  @Override
  public Iterator<Value> iterator() {
    return items.iterator();
  }
}
