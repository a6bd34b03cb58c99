package io.picaflor.tokenizer.template;

import java.util.LinkedHashMap;
import java.util.Map;

/** What {@code namespace()} makes: the one value whose attributes a template can set, across scopes. */
record Namespace(Map<String, Value> attributes) implements Value {

  Namespace() {
    this(new LinkedHashMap<>());
  }

  @Override
  public boolean truth() {
    return true;
  }

  @Override
  public String typeName() {
    return "Namespace";
  }

  @Override
  public void repr(Printer out) {
    Dict dict = new Dict();
    attributes.forEach((name, value) -> dict.put(Text.trusted(name), value));
    out.append("<Namespace ");
    out.dict(dict);
    out.append(">");
  }
}
