package io.picaflor.tokenizer.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;

/** Filters on numbers. */
final class NumberFilters {
  private static final int MAX_DIGITS = 4_300; // Python's own bound
  private static final String[] DECIMAL_UNITS = {"kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"};
  private static final String[] BINARY_UNITS = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"};

  private NumberFilters() {}

  static Value abs(Value value, Rendering rendering) {
    if (value instanceof Real real) {
      return new Real(Math.abs(real.value()));
    }
    Int i = number(value);
    return i.signum() < 0 ? Operators.negate(i, rendering) : i;
  }

  private static Int number(Value value) {
    Int i = Operators.integer(value);
    if (i == null) {
      throw Failure.wrongType("a number is needed", value);
    }
    return i;
  }

  /** @param precision digits behind the point; negative: zeros before it */
  static Value round(Value value, int precision, Value method) {
    String how = method == null ? "common" : TextMethod.text(method).chars();
    if (Math.abs((long) precision) > 400) {
      throw Failure.limit("a precision is too large");
    }
    switch (how) {
      case "common" -> {
        if (!(value instanceof Real real)) {
          Int i = number(value);
          return precision >= 0
              ? i
              : Int.of(new BigDecimal(i.bigValue()).setScale(precision, RoundingMode.HALF_EVEN).toBigIntegerExact());
        }
        if (!Double.isFinite(real.value())) {
          return real;
        }
        double rounded = new BigDecimal(real.value()).setScale(precision, RoundingMode.HALF_EVEN).doubleValue();
        return new Real(Math.copySign(rounded, real.value()));
      }
      case "ceil", "floor" -> {
        double x = value instanceof Real real ? real.value() : number(value).doubleValue();
        double scale = Math.pow(10, precision);
        double whole = how.equals("ceil") ? Math.ceil(x * scale) : Math.floor(x * scale);
        if (!Double.isFinite(whole)) {
          throw Failure.evaluation("the number cannot be rounded");
        }
        return new Real((whole + 0.0) / scale);
      }
      default -> throw Failure.evaluation("the method of round must be common, ceil or floor");
    }
  }

  /** The integer that a value or a text is, or {@code absent}. */
  static Value toInt(Value value, Value absent, int base) {
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (value instanceof Text text) {
      BigInteger parsed = parseInteger(text.chars(), base);
      if (parsed != null) {
        return Int.of(parsed);
      }
      Double real = parseReal(text.chars());
      Int whole = real == null ? null : truncated(real);
      return whole == null ? absent : whole;
    }
    if (value instanceof Real real) {
      Int whole = truncated(real.value());
      if (whole == null && Double.isInfinite(real.value())) {
        throw Failure.evaluation("infinity is no integer");
      }
      return whole == null ? absent : whole;
    }
    Int i = Operators.integer(value);
    return i == null ? absent : i;
  }

  /** Without what is behind the point; null for NaN and infinities. */
  static Int truncated(double value) {
    return Double.isFinite(value) ? Int.of(new BigDecimal(value).toBigInteger()) : null;
  }

  static Value toFloat(Value value, Value absent) {
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
    if (value instanceof Text text) {
      Double real = parseReal(text.chars());
      return real == null ? absent : new Real(real);
    }
    return Operators.isNumber(value) ? new Real(Operators.real(value)) : absent;
  }

  private static BigInteger parseInteger(String s, int base) {
    String digits = withoutUnderscores(TextOperations.strip(Text.trusted(s), null, true, true).chars());
    if (digits == null || digits.isEmpty() || digits.length() > MAX_DIGITS || base != 0 && (base < 2 || base > 36)) {
      return null;
    }
    boolean negative = digits.startsWith("-");
    String body = negative || digits.startsWith("+") ? digits.substring(1) : digits;
    int used = base;
    if (body.length() > 2 && body.charAt(0) == '0') {
      int marked = switch (body.charAt(1)) {
        case 'x', 'X' -> 16;
        case 'o', 'O' -> 8;
        case 'b', 'B' -> 2;
        default -> 0;
      };
      if (marked != 0 && (base == 0 || base == marked)) {
        used = marked;
        body = body.substring(2);
      }
    }
    used = used == 0 ? 10 : used;
    for (int i = 0; i < body.length(); i++) {
      if (Character.digit(body.charAt(i), used) < 0) {
        return null;
      }
    }
    if (body.isEmpty()) {
      return null;
    }
    BigInteger value = new BigInteger(body, used);
    return negative ? value.negate() : value;
  }

  private static Double parseReal(String s) {
    String text =
        withoutUnderscores(TextOperations.lower(TextOperations.strip(Text.trusted(s), null, true, true).chars()));
    if (text == null || text.isEmpty() || text.length() > MAX_DIGITS) {
      return null;
    }
    String body = text.startsWith("-") || text.startsWith("+") ? text.substring(1) : text;
    double sign = text.startsWith("-") ? -1 : 1;
    switch (body) {
      case "inf", "infinity" -> {
        return sign * Double.POSITIVE_INFINITY;
      }
      case "nan" -> {
        return Double.NaN;
      }
      default -> {
        return isDecimal(body) ? sign * Double.parseDouble(body) : null;
      }
    }
  }

  /** Digits, perhaps with a point, perhaps with an exponent. */
  private static boolean isDecimal(String s) {
    int whole = FormatSpec.digits(s, 0);
    int at = whole;
    int places = 0;
    if (at < s.length() && s.charAt(at) == '.') {
      at = FormatSpec.digits(s, at + 1);
      places = at - whole - 1;
    }
    if (whole + places == 0) {
      return false;
    }
    if (at < s.length() && s.charAt(at) == 'e') {
      int sign = at + 1 < s.length() && (s.charAt(at + 1) == '-' || s.charAt(at + 1) == '+') ? 1 : 0;
      int end = FormatSpec.digits(s, at + 1 + sign);
      return end > at + 1 + sign && end == s.length();
    }
    return at == s.length();
  }

  /** Underscores may stand between digits; null where one stands elsewhere. */
  private static String withoutUnderscores(String s) {
    if (s.indexOf('_') < 0) {
      return s;
    }
    return s.startsWith("_") || s.endsWith("_") || s.contains("__") ? null : s.replace("_", "");
  }

  static Text fileSize(Value value, boolean binary) {
    Value number = toFloat(value, None.NONE);
    if (!(number instanceof Real real) || !Double.isFinite(real.value())) {
      throw Failure.evaluation("filesizeformat needs a number, not '" + value.typeName() + "'");
    }
    double base = binary ? 1024 : 1000;
    double bytes = real.value();
    if (bytes == 1) {
      return Text.trusted("1 Byte");
    }
    if (bytes < base) {
      return Text.trusted(truncated(bytes) + " Bytes");
    }
    String[] units = binary ? BINARY_UNITS : DECIMAL_UNITS;
    int unit = 0;
    double scaled = bytes / base;
    while (scaled >= base && unit < units.length - 1) {
      scaled /= base;
      unit++;
    }
    return Text.trusted(new BigDecimal(scaled).setScale(1, RoundingMode.HALF_EVEN).toPlainString() + " " + units[unit]);
  }
}
