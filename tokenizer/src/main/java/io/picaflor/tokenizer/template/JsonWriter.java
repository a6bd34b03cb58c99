package io.picaflor.tokenizer.template;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Writes values as Python's {@code json.dumps} does: the {@code tojson} filter of Hugging Face's library.
 *
 * <p>JSON that holds text of the request counts as text of the request as a whole.
 */
final class JsonWriter {
  private static final int MAX_DEPTH = 200;

  private final Rendering rendering;
  private final boolean ascii;
  private final String indent; // null: all on one line
  private final String itemSeparator;
  private final String keySeparator;
  private final boolean sortKeys;
  private final StringBuilder out = new StringBuilder();
  private boolean trusted = true;
  private int depth;

  /**
   * @param ascii         whether to escape all that is not ASCII
   * @param indent        one level's indentation, or null for no line breaks
   * @param itemSeparator null for the usual one
   * @param keySeparator  null for the usual one
   */
  JsonWriter(Rendering rendering, boolean ascii, String indent, String itemSeparator, String keySeparator,
      boolean sortKeys) {
    this.rendering = rendering;
    this.ascii = ascii;
    this.indent = indent;
    this.itemSeparator = itemSeparator != null ? itemSeparator : indent == null ? ", " : ",";
    this.keySeparator = keySeparator != null ? keySeparator : ": ";
    this.sortKeys = sortKeys;
  }

  /** @throws Failure if the value or a part of it is none of JSON's */
  Text write(Value value) {
    append(value);
    return Text.of(out.toString(), trusted);
  }

  private void add(String text) {
    rendering.allocate(text.length());
    out.append(text);
  }

  private void append(Value value) {
    if (value instanceof Text text) {
      quoted(text);
    } else if (value instanceof Dict dict) {
      object(dict);
    } else if (value instanceof ListValue list) {
      array(list.items());
    } else if (value instanceof TupleValue tuple) {
      array(tuple.items());
    } else {
      add(scalar(value));
    }
  }

  private static String scalar(Value value) {
    if (value == None.NONE) {
      return "null";
    }
    if (value instanceof Bool bool) {
      return bool.truth() ? "true" : "false";
    }
    if (value instanceof Int) {
      return value.toString();
    }
    if (value instanceof Real real) {
      return Double.isFinite(real.value()) ? real.toString() : Double.toString(real.value()); // both say Infinity, NaN
    }
    throw Failure.evaluation("'" + value.typeName() + "' has no JSON form");
  }

  private void array(List<Value> items) {
    if (items.isEmpty()) {
      add("[]");
      return;
    }
    begin("[");
    for (int i = 0; i < items.size(); i++) {
      lineBreak(i > 0);
      append(items.get(i));
    }
    end("]");
  }

  private void object(Dict dict) {
    if (dict.size() == 0) {
      add("{}");
      return;
    }
    begin("{");
    Iterator<Map.Entry<Value, Value>> pairs = sortKeys ? sorted(dict) : dict.pairs();
    for (int i = 0; pairs.hasNext(); i++) {
      Map.Entry<Value, Value> pair = pairs.next();
      lineBreak(i > 0);
      quoted(pair.getKey() instanceof Text key ? key : Text.trusted(scalar(pair.getKey())));
      add(keySeparator);
      append(pair.getValue());
    }
    end("}");
  }

  private Iterator<Map.Entry<Value, Value>> sorted(Dict dict) {
    List<Map.Entry<Value, Value>> pairs = new ArrayList<>(dict.size());
    dict.pairs().forEachRemaining(pairs::add);
    List<Value> keys = new ArrayList<>(dict.size());
    dict.iterator().forEachRemaining(keys::add);
    List<Map.Entry<Value, Value>> ordered = new ArrayList<>(dict.size());
    for (int i : Comparison.sorted(keys, false, rendering)) {
      ordered.add(pairs.get(i));
    }
    return ordered.iterator();
  }

  private void begin(String bracket) {
    rendering.step(1);
    if (++depth > MAX_DEPTH) {
      throw Failure.limit("a value is nested more than " + MAX_DEPTH + " deep");
    }
    add(bracket);
  }

  private void end(String bracket) {
    depth--;
    newLine();
    add(bracket);
  }

  private void lineBreak(boolean afterItem) {
    rendering.step(1);
    if (afterItem) {
      add(itemSeparator);
    }
    newLine();
  }

  private void newLine() {
    if (indent != null) {
      rendering.allocate(1 + (long) indent.length() * depth);
      out.append('\n').repeat(indent, depth);
    }
  }

  private void quoted(Text text) {
    trusted &= text.isTrusted();
    String s = text.chars();
    rendering.allocate(s.length() + 2);
    out.append('"');
    int from = 0; // what needs no escape is copied in stretches
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      if (c >= ' ' && c != '"' && c != '\\' && (!ascii || c < 0x7f)) {
        continue;
      }
      out.append(s, from, i);
      from = i + 1;
      escape(c);
    }
    out.append(s, from, s.length()).append('"');
  }

  private void escape(char c) {
    switch (c) {
      case '"' -> out.append("\\\"");
      case '\\' -> out.append("\\\\");
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      case '\b' -> out.append("\\b");
      case '\f' -> out.append("\\f");
      default -> {
        String hex = Integer.toHexString(c);
        rendering.allocate(5);
        out.append("\\u").repeat('0', 4 - hex.length()).append(hex);
      }
    }
  }
}
