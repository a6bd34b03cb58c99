package io.picaflor.tokenizer.template;

import java.math.BigInteger;

/** An integer of any size up to {@link #MAX_BITS}. */
final class Int implements Value {
  /** Python refuses to print numbers of more than 4300 digits; these bits hold as many. */
  static final int MAX_BITS = 14_284;

  static final Int ZERO = new Int(0, null);
  static final Int ONE = new Int(1, null);
  private static final Int[] SMALL = new Int[256];

  private final long value;
  private final BigInteger big; // null when the value fits a long

  private Int(long value, BigInteger big) {
    this.value = value;
    this.big = big;
  }

  static Int of(long value) {
    if (value < 0 || value >= SMALL.length) {
      return new Int(value, null);
    }
    Int known = SMALL[(int) value];
    if (known == null) { // a race makes two equal ones, no harm
      known = value == 0 ? ZERO : value == 1 ? ONE : new Int(value, null);
      SMALL[(int) value] = known;
    }
    return known;
  }

  /** @throws Failure if the number has too many digits */
  static Int of(BigInteger value) {
    int bits = value.bitLength();
    if (bits < Long.SIZE) {
      return of(value.longValue());
    }
    if (bits > MAX_BITS) {
      throw Failure.limit("an integer has more than 4300 digits");
    }
    return new Int(0, value);
  }

  boolean isLong() {
    return big == null;
  }

  /** The value; only where {@link #isLong()}. */
  long longValue() {
    return value;
  }

  BigInteger bigValue() {
    return big == null ? BigInteger.valueOf(value) : big;
  }

  int signum() {
    return big == null ? Long.signum(value) : big.signum();
  }

  /** As a count or an index: values beyond int are cut to its ends. */
  int clamped() {
    if (big != null) {
      return big.signum() < 0 ? Integer.MIN_VALUE : Integer.MAX_VALUE;
    }
    return Math.clamp(value, Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  /** @throws Failure if no float is large enough */
  double doubleValue() {
    double d = big == null ? value : big.doubleValue();
    if (Double.isInfinite(d)) {
      throw Failure.evaluation("int too large to convert to float");
    }
    return d;
  }

  @Override
  public boolean truth() {
    return big != null || value != 0;
  }

  @Override
  public String typeName() {
    return "int";
  }

  @Override
  public void repr(Printer out) {
    out.append(toString());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Int i && value == i.value && (big == null ? i.big == null : big.equals(i.big));
  }

  @Override
  public int hashCode() {
    return big == null ? Long.hashCode(value) : big.hashCode();
  }

  @Override
  public String toString() {
    return big == null ? Long.toString(value) : big.toString();
  }
}
