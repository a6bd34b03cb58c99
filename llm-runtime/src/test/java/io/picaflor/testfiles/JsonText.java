package io.picaflor.testfiles;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads JSON that tests trust, such as goldens: objects are maps, arrays lists, numbers doubles. */
public final class JsonText {
  private final String text;
  private int at;

  private JsonText(String text) {
    this.text = text;
  }

  /** The value that the text holds. */
  public static Object read(String text) {
    return new JsonText(text).value();
  }

  /** A member of an object. */
  public static Object member(Object object, String name) {
    return ((Map<?, ?>) object).get(name);
  }

  /** The items of an array. */
  public static List<?> items(Object array) {
    return (List<?>) array;
  }

  /** A number. */
  public static double number(Object value) {
    return (Double) value;
  }

  private char next() {
    while (Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    return text.charAt(at);
  }

  private boolean take(char c) {
    boolean found = next() == c;
    at += found ? 1 : 0;
    return found;
  }

  private Object value() {
    return switch (next()) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> string();
      case 't', 'f', 'n' -> word();
      default -> {
        int start = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
          at++;
        }
        yield Double.valueOf(text.substring(start, at));
      }
    };
  }

  private Map<String, Object> object() {
    var members = new LinkedHashMap<String, Object>();
    take('{');
    while (!take('}')) {
      next();
      String name = string();
      take(':');
      members.put(name, value());
      take(',');
    }
    return members;
  }

  private List<Object> array() {
    var items = new ArrayList<>();
    take('[');
    while (!take(']')) {
      items.add(value());
      take(',');
    }
    return items;
  }

  private Object word() {
    for (String word : new String[] {"true", "false", "null"}) {
      if (text.startsWith(word, at)) {
        at += word.length();
        return word.equals("null") ? null : (Object) word.equals("true");
      }
    }
    throw new IllegalArgumentException("JSON at " + at);
  }

  private String string() {
    var string = new StringBuilder();
    for (at++; text.charAt(at) != '"'; at++) {
      char c = text.charAt(at);
      if (c == '\\') {
        c = text.charAt(++at);
        int kind = "nrtbf".indexOf(c);
        if (c == 'u') {
          c = (char) Integer.parseInt(text.substring(at + 1, at + 5), 16);
          at += 4;
        } else if (kind >= 0) {
          c = "\n\r\t\b\f".charAt(kind);
        }
      }
      string.append(c);
    }
    at++;
    return string.toString();
  }
}
