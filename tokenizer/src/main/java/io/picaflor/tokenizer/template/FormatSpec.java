package io.picaflor.tokenizer.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;

/**
 * Python's format of one value: {@code [[fill]align][sign][#][0][width][,][.precision][type]}.
 *
 * @param fill      the character that fills the width
 * @param align     {@code <}, {@code >}, {@code ^}, {@code =}, or 0 for the type's own
 * @param sign      {@code +}, {@code -} or space
 * @param alternate whether to show the base's prefix
 * @param width     at least so many characters
 * @param grouping  {@code ,} or {@code _} between groups of digits, or 0
 * @param precision -1: not given
 * @param type      0: not given
 */
record FormatSpec(int fill, char align, char sign, boolean alternate, int width, char grouping, int precision,
    char type) {
  private static final int MAX_PRECISION = 1_000;

  /** Reads the part behind the colon, which is not empty. */
  static FormatSpec parse(String spec) {
    int at = 0;
    int fill = -1;
    char align = 0;
    int first = spec.isEmpty() ? 0 : Character.charCount(spec.codePointAt(0));
    if (spec.length() > first && first > 0 && isAlign(spec.charAt(first))) {
      fill = spec.codePointAt(0);
      align = spec.charAt(first);
      at = first + 1;
    } else if (!spec.isEmpty() && isAlign(spec.charAt(0))) {
      align = spec.charAt(0);
      at = 1;
    }
    char sign = '-';
    if (at < spec.length() && "+- ".indexOf(spec.charAt(at)) >= 0) {
      sign = spec.charAt(at++);
    }
    boolean alternate = at < spec.length() && spec.charAt(at) == '#';
    at += alternate ? 1 : 0;
    if (at < spec.length() && spec.charAt(at) == '0') {
      at++;
      fill = fill < 0 ? '0' : fill;
      align = align == 0 ? '=' : align;
    }
    int digits = digits(spec, at);
    int width = number(spec, at, digits, 0);
    at = digits;
    char grouping = 0;
    if (at < spec.length() && (spec.charAt(at) == ',' || spec.charAt(at) == '_')) {
      grouping = spec.charAt(at++);
    }
    int precision = -1;
    if (at < spec.length() && spec.charAt(at) == '.') {
      digits = digits(spec, at + 1);
      precision = number(spec, at + 1, digits, -1);
      at = digits;
      if (precision < 0) {
        throw Failure.evaluation("format specifier is missing its precision");
      }
    }
    char type = at < spec.length() ? spec.charAt(at++) : 0;
    if (at < spec.length()) {
      throw Failure.evaluation("invalid format specifier '" + spec + "'");
    }
    return new FormatSpec(fill < 0 ? ' ' : fill, align, sign, alternate, width, grouping, precision, type);
  }

  private static boolean isAlign(char c) {
    return c == '<' || c == '>' || c == '^' || c == '=';
  }

  /** The end of the digits from {@code at} on. */
  static int digits(String s, int at) {
    int i = at;
    while (i < s.length() && s.charAt(i) >= '0' && s.charAt(i) <= '9') {
      i++;
    }
    return i;
  }

  /** The number between two offsets; {@code absent} where there is none. */
  static int number(String s, int from, int to, int absent) {
    if (to - from > 9) {
      throw Failure.limit("a width or precision is too large");
    }
    return from == to ? absent : Integer.parseInt(s, from, to, 10);
  }

  /** @throws Failure if the type does not fit the value */
  Text format(Value value, Rendering rendering) {
    if (value instanceof Text text) {
      return text(text, rendering);
    }
    if (!Operators.isNumber(value)) {
      throw value instanceof Undefined undefined ? undefined.failure() : unknown(value);
    }
    boolean whole = !(value instanceof Real) && "eEfFgG%".indexOf(type) < 0;
    String number = whole ? integer(Operators.integer(value)) : real(Operators.real(value), value);
    boolean negative = number.startsWith("-");
    String shown = negative ? "-" : sign == '-' ? "" : String.valueOf(sign);
    String body = negative ? number.substring(1) : number;
    int missing = width - shown.length() - body.codePointCount(0, body.length());
    rendering.reserve(missing);
    if (align == '=' && missing > 0) {
      body = Character.toString(fill).repeat(missing) + body;
    }
    return padded(Text.trusted(shown + body), '>', rendering);
  }

  private Failure unknown(Value value) {
    return Failure.evaluation("unknown format code '" + type + "' for '" + value.typeName() + "'");
  }

  private Text text(Text text, Rendering rendering) {
    if (type != 0 && type != 's' || align == '=' && fill != '0') {
      throw unknown(text);
    }
    Text shown = precision >= 0 && precision < text.length() ? text.slice(0, text.offset(precision)) : text;
    return padded(shown, '<', rendering);
  }

  private Text padded(Text text, char own, Rendering rendering) {
    int room = width - text.length();
    if (room <= 0) {
      return text;
    }
    Text filler = Text.trusted(Character.toString(fill));
    return switch (align == 0 || align == '=' ? own : align) {
      case '<' -> TextOperations.pad(text, 0, room, filler, rendering);
      case '^' -> TextOperations.pad(text, room / 2, room - room / 2, filler, rendering);
      default -> TextOperations.pad(text, room, 0, filler, rendering);
    };
  }

  private String integer(Int value) {
    BigInteger i = value.bigValue();
    return switch (type) {
      case 0, 'd', 'n' -> grouped(i.toString());
      case 'x' -> based(i, 16, "0x");
      case 'X' -> TextOperations.upper(based(i, 16, "0x"));
      case 'o' -> based(i, 8, "0o");
      case 'b' -> based(i, 2, "0b");
      case 'c' -> {
        if (!Character.isValidCodePoint(value.clamped())) {
          throw Failure.evaluation("there is no such character");
        }
        yield Character.toString(value.clamped());
      }
      default -> throw unknown(value);
    };
  }

  private String based(BigInteger i, int base, String prefix) {
    return (i.signum() < 0 ? "-" : "") + (alternate ? prefix : "") + i.abs().toString(base);
  }

  private String grouped(String number) {
    if (grouping == 0) {
      return number;
    }
    int end = FormatSpec.digits(number, number.startsWith("-") ? 1 : 0);
    StringBuilder out = new StringBuilder(number);
    for (int at = end - 3; at > (number.startsWith("-") ? 1 : 0); at -= 3) {
      out.insert(at, grouping);
    }
    return out.toString();
  }

  private String real(double value, Value given) {
    if (!Double.isFinite(value)) {
      return new Real(value).toString();
    }
    if (precision > MAX_PRECISION) {
      throw Failure.limit("a precision is too large");
    }
    int places = precision < 0 ? 6 : precision;
    BigDecimal exact = new BigDecimal(value);
    String minus = 1 / value < 0 || value < 0 ? "-" : "";
    return switch (type) {
      case 'f', 'F' -> grouped(minus + exact.abs().setScale(places, RoundingMode.HALF_EVEN).toPlainString());
      case '%' ->
          grouped(minus + exact.abs().movePointRight(2).setScale(places, RoundingMode.HALF_EVEN).toPlainString()) + "%";
      case 'e' -> minus + scientific(exact.abs(), places, false);
      case 'E' -> TextOperations.upper(minus + scientific(exact.abs(), places, false));
      case 'g', 'G', 'n' -> {
        String text = minus + general(exact.abs(), Math.max(places, 1));
        yield grouped(type == 'G' ? TextOperations.upper(text) : text);
      }
      case 0 -> precision < 0
          ? grouped(new Real(value).toString())
          : grouped(minus + general(exact.abs(), Math.max(places, 1)));
      default -> throw unknown(given);
    };
  }

  /** With one digit before the point; {@code trim} drops zeros at the end. */
  private static String scientific(BigDecimal value, int places, boolean trim) {
    int exponent = value.signum() == 0 ? 0 : value.precision() - value.scale() - 1;
    BigDecimal mantissa = value.movePointLeft(exponent).setScale(places, RoundingMode.HALF_EVEN);
    if (mantissa.compareTo(BigDecimal.TEN) >= 0) {
      exponent++;
      mantissa = value.movePointLeft(exponent).setScale(places, RoundingMode.HALF_EVEN);
    }
    String digits = (trim ? mantissa.stripTrailingZeros() : mantissa).toPlainString();
    int size = Math.abs(exponent);
    return digits + (exponent < 0 ? "e-" : "e+") + (size < 10 ? "0" : "") + size;
  }

  private static String general(BigDecimal value, int significant) {
    if (value.signum() == 0) {
      return "0";
    }
    BigDecimal rounded = value.round(new MathContext(significant, RoundingMode.HALF_EVEN));
    int exponent = rounded.precision() - rounded.scale() - 1;
    return exponent < -4 || exponent >= significant
        ? scientific(value, significant - 1, true)
        : rounded.stripTrailingZeros().toPlainString();
  }
}
