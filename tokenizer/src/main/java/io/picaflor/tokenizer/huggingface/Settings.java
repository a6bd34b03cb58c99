package io.picaflor.tokenizer.huggingface;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.tokenizer.form.FormReader;
import io.picaflor.tokenizer.form.FormWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A small JSON object of a tokenizer.json, such as a normalizer: hands out its values by name and type, and refuses
 * what nobody asked for, so that no setting is silently ignored. For one thread.
 */
final class Settings {
  // What stands before a value in a prepared tokenizer.
  private static final int NOTHING = 0;
  private static final int FLAG = 1;
  private static final int NUMBER = 2;
  private static final int TEXT = 3;
  private static final int LIST = 4;
  private static final int OBJECT = 5;

  private final String path;
  private final Map<String, Object> values;

  Settings(String path, Map<String, Object> values) {
    this.path = path;
    this.values = values;
  }

  /** Reads the value that the parser stands at: null, or an object; {@code path} is where it is, for messages. */
  static Settings readOrNull(JsonParser json, String path) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return null;
    }
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw new TokenizerFormatException("tokenizer.json, " + path + ": expected an object, found "
          + json.currentToken());
    }
    return new Settings(path, readObject(json));
  }

  private static Map<String, Object> readObject(JsonParser json) throws IOException {
    Map<String, Object> object = new LinkedHashMap<>();
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String name = json.currentName();
      json.nextToken();
      object.put(name, readValue(json));
    }
    return object;
  }

  private static Object readValue(JsonParser json) throws IOException {
    return switch (json.currentToken()) {
      case START_OBJECT -> readObject(json);
      case START_ARRAY -> {
        List<Object> list = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
          list.add(readValue(json));
        }
        yield list;
      }
      case VALUE_STRING -> json.getText();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> json.getDoubleValue();
      default -> null;
    };
  }

  /** Settings of a prepared tokenizer, which {@link #write} wrote; {@code path} is where they were, for messages. */
  static Settings read(FormReader form, String path) throws TokenizerFormatException {
    return new Settings(path, readObject(form, 0));
  }

  private static Map<String, Object> readObject(FormReader form, int depth) throws TokenizerFormatException {
    Map<String, Object> object = new LinkedHashMap<>();
    for (int left = form.count(1); left > 0; left--) {
      String name = form.text();
      object.put(name, readValue(form, depth + 1));
    }
    return object;
  }

  private static Object readValue(FormReader form, int depth) throws TokenizerFormatException {
    int kind = form.number(NOTHING, depth < TokenizerJsonReader.MAX_DEPTH ? OBJECT : TEXT);
    return switch (kind) {
      case FLAG -> form.flag();
      case NUMBER -> form.real();
      case TEXT -> form.text();
      case LIST -> {
        List<Object> list = new ArrayList<>();
        for (int left = form.count(1); left > 0; left--) {
          list.add(readValue(form, depth + 1));
        }
        yield list;
      }
      case OBJECT -> readObject(form, depth);
      default -> null;
    };
  }

  /** Writes all settings that nobody took. */
  void write(FormWriter form) {
    writeObject(form, values);
  }

  private static void writeObject(FormWriter form, Map<?, ?> object) {
    form.number(object.size());
    object.forEach((name, value) -> {
      form.text((String) name);
      writeValue(form, value);
    });
  }

  private static void writeValue(FormWriter form, Object value) {
    if (value instanceof Boolean flag) {
      form.number(FLAG);
      form.flag(flag);
    } else if (value instanceof Double number) {
      form.number(NUMBER);
      form.real(number);
    } else if (value instanceof String text) {
      form.number(TEXT);
      form.text(text);
    } else if (value instanceof List<?> list) {
      form.number(LIST);
      form.number(list.size());
      list.forEach(part -> writeValue(form, part));
    } else if (value instanceof Map<?, ?> object) {
      form.number(OBJECT);
      writeObject(form, object);
    } else {
      form.number(NOTHING);
    }
  }

  /** The same settings, of which none is taken. */
  Settings copy() {
    return new Settings(path, new LinkedHashMap<>(values));
  }

  String path() {
    return path;
  }

  /** The value of {@code type}, which says what kind of part this is. */
  String type() throws TokenizerFormatException {
    return string("type");
  }

  boolean has(String name) {
    return values.get(name) != null;
  }

  String string(String name) throws TokenizerFormatException {
    return take(name, String.class, "a string");
  }

  boolean flag(String name, boolean absent) throws TokenizerFormatException {
    return has(name) ? take(name, Boolean.class, "true or false") : takeNull(name, absent);
  }

  /** A whole number from 0 on. */
  int count(String name) throws TokenizerFormatException {
    double value = take(name, Double.class, "a number");
    if (value < 0 || value >= Integer.MAX_VALUE || value != Math.rint(value)) {
      throw error(name + " is " + value + ", expected a whole number");
    }
    return (int) value;
  }

  /** A value that may be left out or null. */
  <T> T takeNull(String name, T absent) {
    values.remove(name);
    return absent;
  }

  /** Leaves out a setting that does not matter here. */
  void ignore(String name) {
    values.remove(name);
  }

  /** A list of parts. */
  List<Settings> list(String name) throws TokenizerFormatException {
    List<Settings> parts = new ArrayList<>();
    for (Object part : take(name, List.class, "a list")) {
      parts.add(settings(name + "[" + parts.size() + "]", part));
    }
    return parts;
  }

  Settings object(String name) throws TokenizerFormatException {
    return settings(name, take(name, Map.class, "an object"));
  }

  /** The literal text of {@code pattern}, which stays to be read; empty if it is an expression. */
  String peekPattern() {
    return values.get("pattern") instanceof Map<?, ?> pattern && pattern.get("String") instanceof String text
        ? text
        : "";
  }

  /** Says that all was read: whatever is left is refused. */
  void end() throws TokenizerFormatException {
    if (!values.isEmpty()) {
      throw error("the setting '" + values.keySet().iterator().next() + "' is not supported");
    }
  }

  TokenizerFormatException error(String what) {
    return new TokenizerFormatException("tokenizer.json, " + path + ": " + what);
  }

  private Settings settings(String name, Object value) throws TokenizerFormatException {
    if (!(value instanceof Map<?, ?> map)) {
      throw error(name + " is no object");
    }
    Map<String, Object> copy = new LinkedHashMap<>();
    map.forEach((key, inner) -> copy.put((String) key, inner));
    return new Settings(path + "." + name, copy);
  }

  private <T> T take(String name, Class<T> type, String expected) throws TokenizerFormatException {
    Object value = values.remove(name);
    if (!type.isInstance(value)) {
      throw error(name + (value == null ? " is missing" : " is " + value) + ", expected " + expected);
    }
    return type.cast(value);
  }
}
