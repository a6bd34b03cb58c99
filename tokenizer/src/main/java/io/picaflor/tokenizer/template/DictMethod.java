package io.picaflor.tokenizer.template;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** The methods of a dict. They hide keys of the same name from {@code d.name}. */
enum DictMethod implements Method {
  ITEMS(Signature.NONE),
  KEYS(Signature.NONE),
  VALUES(Signature.NONE),
  GET(Signature.of(1, "key", "default")),
  COPY(Signature.NONE),
  CLEAR(null),
  FROMKEYS(null),
  POP(null),
  POPITEM(null),
  SETDEFAULT(null),
  UPDATE(null);

  private static final Map<String, DictMethod> BY_NAME = new HashMap<>();

  static {
    for (DictMethod method : values()) {
      BY_NAME.put(method.pythonName(), method);
    }
  }

  private final Signature signature; // null: not allowed
  private final String pythonName = name().toLowerCase(Locale.ROOT);

  DictMethod(Signature signature) {
    this.signature = signature;
  }

  /** The method, or null. */
  static DictMethod named(String name) {
    return BY_NAME.get(name);
  }

  @Override
  public String pythonName() {
    return pythonName;
  }

  @Override
  public boolean changesOwner() {
    return signature == null;
  }

  @Override
  public Value call(Value self, Arguments arguments, Rendering rendering) {
    Dict dict = (Dict) self;
    Value[] bound = arguments.bind(pythonName, signature);
    return switch (this) {
      case ITEMS -> new DictView(dict, DictView.Part.ITEMS);
      case KEYS -> new DictView(dict, DictView.Part.KEYS);
      case VALUES -> new DictView(dict, DictView.Part.VALUES);
      case GET -> {
        Dict.requireHashable(bound[0]);
        Value value = dict.get(bound[0]);
        yield value != null ? value : bound[1] != null ? bound[1] : None.NONE;
      }
      case COPY -> dict;
      case CLEAR, FROMKEYS, POP, POPITEM, SETDEFAULT, UPDATE ->
          throw new IllegalStateException(pythonName + " is not for templates");
    };
  }
}
