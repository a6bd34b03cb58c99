package io.picaflor.tokenizer.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;

/** Python's arithmetic on values of the template language. */
final class Operators {
  private static final int BIG_STEPS = 10_000; // an operation on thousands of bits costs as much as so many nodes

  private Operators() {}

  /** A binary operator. */
  enum Binary {
    SUB("-"),
    MUL("*"),
    DIV("/"),
    FLOOR_DIV("//"),
    MOD("%"),
    POW("**");

    private final String symbol;

    Binary(String symbol) {
      this.symbol = symbol;
    }
  }

  /** The integer that a value is, booleans included, or null. */
  static Int integer(Value value) {
    if (value instanceof Int i) {
      return i;
    }
    return value instanceof Bool bool ? bool.truth() ? Int.ONE : Int.ZERO : null;
  }

  /** The number that a value is, booleans included. Only where {@link #isNumber}. */
  static double real(Value value) {
    return value instanceof Real real ? real.value() : integer(value).doubleValue();
  }

  static boolean isNumber(Value value) {
    return value instanceof Int || value instanceof Real || value instanceof Bool;
  }

  private static Failure unsupported(String symbol, Value a, Value b) {
    if (a instanceof Undefined undefined) {
      return undefined.failure();
    }
    if (b instanceof Undefined undefined) {
      return undefined.failure();
    }
    return Failure.evaluation(
        "unsupported operand types for " + symbol + ": '" + a.typeName() + "' and '" + b.typeName() + "'");
  }

  static Value add(Value a, Value b, Rendering rendering) {
    if (a instanceof Text x && b instanceof Text y) {
      return concat(x, y, rendering);
    }
    Int i = integer(a);
    Int j = integer(b);
    if (i != null && j != null) {
      if (i.isLong() && j.isLong()) {
        long x = i.longValue();
        long y = j.longValue();
        long sum = x + y;
        if (((x ^ sum) & (y ^ sum)) >= 0) {
          return Int.of(sum);
        }
      }
      rendering.step(BIG_STEPS);
      return Int.of(i.bigValue().add(j.bigValue()));
    }
    if (isNumber(a) && isNumber(b)) {
      return new Real(real(a) + real(b));
    }
    if (a instanceof ListValue x && b instanceof ListValue y) {
      return new ListValue(joined(x.items(), y.items(), rendering));
    }
    if (a instanceof TupleValue x && b instanceof TupleValue y) {
      return TupleValue.of(joined(x.items(), y.items(), rendering));
    }
    if (a instanceof Text && !(b instanceof Undefined)) {
      throw Failure.evaluation("can only concatenate text to text, not '" + b.typeName() + "' (use ~ or |string)");
    }
    throw unsupported("+", a, b);
  }

  /** One text after the other; where one is markup, the other is escaped. */
  static Text concat(Text a, Text b, Rendering rendering) {
    boolean markup = a.isMarkup() || b.isMarkup();
    TextBuilder out = new TextBuilder(rendering);
    out.append(markup ? TextFilters.escape(a, rendering) : a);
    out.append(markup ? TextFilters.escape(b, rendering) : b);
    return markup ? out.toText().asMarkup() : out.toText();
  }

  private static List<Value> joined(List<Value> a, List<Value> b, Rendering rendering) {
    rendering.items((long) a.size() + b.size());
    List<Value> all = new ArrayList<>(a.size() + b.size());
    all.addAll(a);
    all.addAll(b);
    return all;
  }

  static Value apply(Binary operator, Value a, Value b, Rendering rendering) {
    if (operator == Binary.MOD && a instanceof Text format) {
      return PercentFormat.format(format, b, rendering);
    }
    if (operator == Binary.MUL) {
      boolean countLast = integer(b) != null;
      Int times = integer(countLast ? b : a);
      Value repeated = times == null ? null : repeat(countLast ? a : b, times, rendering);
      if (repeated != null) {
        return repeated;
      }
    }
    Int i = integer(a);
    Int j = integer(b);
    if (i != null && j != null) {
      return integers(operator, i, j, rendering);
    }
    if (isNumber(a) && isNumber(b)) {
      return new Real(reals(operator, real(a), real(b)));
    }
    throw unsupported(operator.symbol, a, b);
  }

  /** A sequence several times over, or null where {@code value} is none. */
  private static Value repeat(Value value, Int times, Rendering rendering) {
    int count = Math.max(times.clamped(), 0);
    if (value instanceof Text text) {
      TextBuilder out = new TextBuilder(rendering);
      out.repeat(text, text.isEmpty() ? 0 : count);
      return out.toText();
    }
    if (value instanceof ListValue list) {
      return new ListValue(repeat(list.items(), count, rendering));
    }
    return value instanceof TupleValue tuple ? TupleValue.of(repeat(tuple.items(), count, rendering)) : null;
  }

  private static List<Value> repeat(List<Value> items, int count, Rendering rendering) {
    if (items.isEmpty()) {
      return items;
    }
    rendering.items((long) items.size() * count);
    List<Value> all = new ArrayList<>(items.size() * count);
    for (int i = 0; i < count; i++) {
      all.addAll(items);
    }
    return all;
  }

  private static Value integers(Binary operator, Int i, Int j, Rendering rendering) {
    if (j.signum() == 0 && (operator == Binary.DIV || operator == Binary.FLOOR_DIV || operator == Binary.MOD)) {
      throw Failure.evaluation("division by zero");
    }
    if (i.isLong() && j.isLong()) {
      long x = i.longValue();
      long y = j.longValue();
      switch (operator) {
        case SUB -> {
          long difference = x - y;
          if (((x ^ y) & (x ^ difference)) >= 0) {
            return Int.of(difference);
          }
        }
        case MUL -> {
          long high = Math.multiplyHigh(x, y);
          long low = x * y;
          if (high == low >> 63) {
            return Int.of(low);
          }
        }
        case FLOOR_DIV -> {
          if (x != Long.MIN_VALUE || y != -1) {
            return Int.of(Math.floorDiv(x, y));
          }
        }
        case MOD -> {
          return Int.of(Math.floorMod(x, y));
        }
        case DIV, POW -> {}
      }
    }
    rendering.step(BIG_STEPS);
    BigInteger x = i.bigValue();
    BigInteger y = j.bigValue();
    return switch (operator) {
      case SUB -> Int.of(x.subtract(y));
      case MUL -> Int.of(x.multiply(y));
      case DIV -> new Real(quotient(x, y));
      case FLOOR_DIV -> Int.of(floorDivide(x, y));
      case MOD -> Int.of(x.subtract(floorDivide(x, y).multiply(y)));
      case POW -> power(i, j);
    };
  }

  private static double quotient(BigInteger x, BigInteger y) {
    if (x.bitLength() <= 53 && y.bitLength() <= 53) {
      return x.doubleValue() / y.doubleValue();
    }
    double q = new BigDecimal(x).divide(new BigDecimal(y), new MathContext(60)).doubleValue();
    if (Double.isInfinite(q)) {
      throw Failure.evaluation("integer division result too large for a float");
    }
    return q;
  }

  private static BigInteger floorDivide(BigInteger x, BigInteger y) {
    BigInteger[] parts = x.divideAndRemainder(y);
    return parts[1].signum() != 0 && parts[1].signum() != y.signum() ? parts[0].subtract(BigInteger.ONE) : parts[0];
  }

  private static Value power(Int base, Int exponent) {
    if (exponent.signum() < 0) {
      return new Real(reals(Binary.POW, base.doubleValue(), exponent.doubleValue()));
    }
    BigInteger x = base.bigValue();
    if (exponent.signum() == 0 || x.equals(BigInteger.ONE)) {
      return Int.ONE;
    }
    if (x.signum() == 0) {
      return Int.ZERO;
    }
    if (x.equals(BigInteger.ONE.negate())) {
      return Int.of(exponent.bigValue().testBit(0) ? -1 : 1);
    }
    if ((long) (x.bitLength() - 1) * exponent.clamped() > Int.MAX_BITS) {
      throw Failure.limit("an integer has more than 4300 digits");
    }
    return Int.of(x.pow(exponent.clamped()));
  }

  private static double reals(Binary operator, double x, double y) {
    return switch (operator) {
      case SUB -> x - y;
      case MUL -> x * y;
      case DIV -> x / divisor(y);
      case FLOOR_DIV -> floorDivide(x, divisor(y));
      case MOD -> modulo(x, divisor(y));
      case POW -> {
        if (x == 0 && y < 0) {
          throw Failure.evaluation("0.0 cannot be raised to a negative power");
        }
        double power = Math.pow(x, y);
        if (Double.isInfinite(power) && Double.isFinite(x) && Double.isFinite(y)) {
          throw Failure.evaluation("the result of ** is too large for a float");
        }
        if (Double.isNaN(power) && x < 0 && Double.isFinite(x) && Double.isFinite(y)) {
          throw Failure.evaluation("a negative number has no real power of that kind");
        }
        yield power;
      }
    };
  }

  private static double divisor(double y) {
    if (y == 0) {
      throw Failure.evaluation("float division by zero");
    }
    return y;
  }

  /** The remainder that has the divisor's sign. */
  private static double modulo(double x, double y) {
    double rest = x % y;
    if (rest == 0) {
      return Math.copySign(0, y);
    }
    return rest < 0 != y < 0 ? rest + y : rest;
  }

  private static double floorDivide(double x, double y) {
    double whole = (x - modulo(x, y)) / y;
    if (whole == 0) {
      return Math.copySign(0, x / y);
    }
    double floor = Math.floor(whole);
    return whole - floor > 0.5 ? floor + 1 : floor;
  }

  static Value negate(Value value, Rendering rendering) {
    if (value instanceof Real real) {
      return new Real(-real.value());
    }
    Int i = integer(value);
    if (i == null) {
      throw value instanceof Undefined undefined
          ? undefined.failure()
          : Failure.evaluation("bad operand type for unary -: '" + value.typeName() + "'");
    }
    return integers(Binary.SUB, Int.ZERO, i, rendering);
  }

  static Value plus(Value value) {
    Value number = value instanceof Real ? value : integer(value);
    if (number == null) {
      throw value instanceof Undefined undefined
          ? undefined.failure()
          : Failure.evaluation("bad operand type for unary +: '" + value.typeName() + "'");
    }
    return number;
  }
}
