package io.picaflor.model;

import java.util.List;

/**
 * One value of a FlexBuffer, as the attributes of composite and custom ops hold them. Immutable.
 *
 * <p>What the file may store in several forms (inline or indirect, 1 to 8 bytes wide, typed or untyped vectors) is one
 * form here.
 */
public sealed interface FlexValue {
  /** No value. */
  record Null() implements FlexValue {}

  /** A truth value. */
  record Bool(boolean value) implements FlexValue {}

  /** A whole number, signed or not; one of 2^63 or more is refused when read. */
  record Int(long value) implements FlexValue {}

  /** A floating-point number, widened. */
  record Real(double value) implements FlexValue {}

  /** A string or a key; what is not UTF-8 became U+FFFD. */
  record Text(String value) implements FlexValue {}

  /** A vector of any kind. */
  record Items(List<FlexValue> values) implements FlexValue {}

  /** A map in a map. */
  record Nested(FlexMap map) implements FlexValue {}

  /** Raw bytes. */
  record Blob(Bytes bytes) implements FlexValue {}

  /** What this value is, in words for a message. */
  default String describe() {
    return switch (this) {
      case Null _ -> "nothing";
      case Bool b -> "the truth value " + b.value();
      case Int i -> "the number " + i.value();
      case Real r -> "the number " + r.value();
      case Text t -> "the text '" + t.value() + "'";
      case Items v -> "a list of " + v.values().size();
      case Nested m -> "a map of " + m.map().values().size();
      case Blob b -> b.bytes().size() + " bytes";
    };
  }
}
