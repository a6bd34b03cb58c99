package io.picaflor.model;

import io.picaflor.ModelFormatException;
import java.util.Map;

/**
 * A map of a FlexBuffer: the attributes of a composite or custom op by name. Immutable, read at once.
 *
 * <p>The accessors give the default where the key is absent, and refuse a value of another kind with its name. A number
 * may be stored as an integer where a float is asked for, and a truth value as 0 or 1, as exporters do.
 */
public final class FlexMap {
  private final Bytes bytes;
  private final Map<String, FlexValue> values;

  FlexMap(Bytes bytes, Map<String, FlexValue> values) {
    this.bytes = bytes;
    this.values = values;
  }

  /**
   * Reads a buffer whose root is a map; no bytes at all are an empty map.
   *
   * @throws ModelFormatException if it is damaged, or its root is no map
   */
  public static FlexMap root(Bytes bytes) throws ModelFormatException {
    if (bytes.size() == 0) {
      return new FlexMap(bytes, Map.of());
    }
    return switch (new FlexReader(bytes).root()) {
      case FlexValue.Nested nested -> nested.map();
      case FlexValue.Null _ -> new FlexMap(bytes, Map.of());
      case FlexValue other -> throw bytes.broken(0, "attributes should be a map, found " + other.describe());
    };
  }

  /** All values by key, in the file's order (which is that of the keys' bytes). */
  public Map<String, FlexValue> values() {
    return values;
  }

  /** Whether there is a value for the key, of any kind. */
  public boolean has(String key) {
    return values.containsKey(key);
  }

  /** The whole number for the key; a float that is whole will do. */
  public long i64(String key, long dflt) throws ModelFormatException {
    return switch (values.get(key)) {
      case null -> dflt;
      case FlexValue.Int i -> i.value();
      case FlexValue.Real r when r.value() == Math.rint(r.value()) && Math.abs(r.value()) < 0x1p53 -> (long) r.value();
      case FlexValue other -> throw wrong(key, "a whole number", other);
    };
  }

  /** As {@link #i64}, of 32 bits. */
  public int i32(String key, int dflt) throws ModelFormatException {
    long value = i64(key, dflt);
    if (value != (int) value) {
      throw wrong(key, "a number of 32 bits", values.get(key));
    }
    return (int) value;
  }

  /** The number for the key. */
  public double f64(String key, double dflt) throws ModelFormatException {
    return switch (values.get(key)) {
      case null -> dflt;
      case FlexValue.Real r -> r.value();
      case FlexValue.Int i -> i.value();
      case FlexValue other -> throw wrong(key, "a number", other);
    };
  }

  /** As {@link #f64}, rounded to float32. */
  public float f32(String key, float dflt) throws ModelFormatException {
    return (float) f64(key, dflt);
  }

  /** The truth value for the key; 0 and 1 will do. */
  public boolean bool(String key, boolean dflt) throws ModelFormatException {
    return switch (values.get(key)) {
      case null -> dflt;
      case FlexValue.Bool b -> b.value();
      case FlexValue.Int i when i.value() == 0 || i.value() == 1 -> i.value() == 1;
      case FlexValue other -> throw wrong(key, "a truth value", other);
    };
  }

  /** The text for the key. */
  public String string(String key, String dflt) throws ModelFormatException {
    return switch (values.get(key)) {
      case null -> dflt;
      case FlexValue.Text t -> t.value();
      case FlexValue other -> throw wrong(key, "text", other);
    };
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FlexMap map && values.equals(map.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  private ModelFormatException wrong(String key, String expected, FlexValue found) {
    return bytes.broken(0, "attribute '" + key + "' should be " + expected + ", found " + found.describe());
  }
}
