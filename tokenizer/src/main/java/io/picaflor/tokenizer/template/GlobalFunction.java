package io.picaflor.tokenizer.template;

import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The functions that every template can call. A variable of the same name hides one. */
enum GlobalFunction implements Callable {
  RANGE,
  DICT,
  NAMESPACE,
  RAISE_EXCEPTION,
  STRFTIME_NOW;

  private static final Signature MESSAGE = Signature.of(1, "message");
  private static final Signature FORMAT = Signature.of(1, "format");

  private final String templateName = name().toLowerCase(Locale.ROOT);

  /** The function, or null. */
  static GlobalFunction named(String name) {
    return switch (name) {
      case "range" -> RANGE;
      case "dict" -> DICT;
      case "namespace" -> NAMESPACE;
      case "raise_exception" -> RAISE_EXCEPTION;
      case "strftime_now" -> STRFTIME_NOW;
      default -> null;
    };
  }

  @Override
  public Value call(Arguments arguments, Rendering rendering) {
    return switch (this) {
      case RANGE -> range(arguments);
      case DICT -> dict(arguments, rendering);
      case NAMESPACE -> namespace(arguments, rendering);
      case RAISE_EXCEPTION ->
          throw Failure.raised(Printer.print(arguments.bind(templateName, MESSAGE)[0], rendering).chars());
      case STRFTIME_NOW -> Strftime.format(TextMethod.text(arguments.bind(templateName, FORMAT)[0]), rendering);
    };
  }

  private static Range range(Arguments arguments) {
    Value[] a = arguments.positional();
    if (a.length < 1 || a.length > 3 || arguments.names().length > 0) {
      throw Failure.evaluation("range takes one to three integers");
    }
    int first = TextMethod.integer(a[0], 0);
    return a.length == 1
        ? Range.of(0, first, 1)
        : Range.of(first, TextMethod.integer(a[1], 0), a.length == 3 ? TextMethod.integer(a[2], 1) : 1);
  }

  /** {@code dict(mapping or pairs, name=value)}. */
  private static Dict dict(Arguments arguments, Rendering rendering) {
    Dict dict = new Dict();
    if (arguments.positional().length > 1) {
      throw Failure.evaluation("dict takes at most one value before the named ones");
    }
    if (arguments.positional().length == 1) {
      if (arguments.positional()[0] instanceof Dict given) {
        rendering.items(given.size());
        dict.putAll(given);
      } else {
        Iterator<Value> pairs = Sequences.iterate(arguments.positional()[0]);
        while (pairs.hasNext()) {
          List<Value> pair = Sequences.list(pairs.next(), rendering);
          if (pair.size() != 2) {
            throw Failure.evaluation("dict needs pairs of key and value");
          }
          rendering.items(2);
          dict.put(pair.get(0), pair.get(1));
        }
      }
    }
    for (int i = 0; i < arguments.names().length; i++) {
      dict.put(Text.trusted(arguments.names()[i]), arguments.named()[i]);
    }
    return dict;
  }

  private static Namespace namespace(Arguments arguments, Rendering rendering) {
    Namespace namespace = new Namespace();
    Iterator<Map.Entry<Value, Value>> pairs = dict(arguments, rendering).pairs();
    while (pairs.hasNext()) {
      Map.Entry<Value, Value> pair = pairs.next();
      namespace.attributes().put(TextMethod.text(pair.getKey()).chars(), pair.getValue());
    }
    return namespace;
  }

  @Override
  public String typeName() {
    return "function";
  }

  @Override
  public void repr(Printer out) {
    out.append("<function " + templateName + ">");
  }
}
