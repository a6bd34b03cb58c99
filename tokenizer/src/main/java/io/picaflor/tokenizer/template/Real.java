package io.picaflor.tokenizer.template;

import java.math.BigDecimal;
import java.math.MathContext;

/** Python's {@code float}. */
record Real(double value) implements Value {

  @Override
  public boolean truth() {
    return value != 0; // NaN is true
  }

  @Override
  public String typeName() {
    return "float";
  }

  @Override
  public void repr(Printer out) {
    out.append(toString());
  }

  /** The shortest digits that read back to the same number; with an exponent from 1e16 on and below 1e-4. */
  @Override
  public String toString() {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0.0" : "0.0";
    }
    BigDecimal shortest = new BigDecimal(Double.toString(Math.abs(value))).stripTrailingZeros();
    if (shortest.precision() == 2) { // Java gives two digits where one would do: 4.9E-324
      BigDecimal digit = shortest.round(new MathContext(1));
      shortest = digit.doubleValue() == Math.abs(value) ? digit : shortest;
    }
    String digits = shortest.unscaledValue().toString();
    int exponent = digits.length() - 1 - shortest.scale();
    StringBuilder text = new StringBuilder(24);
    if (value < 0) {
      text.append('-');
    }
    if (exponent < -4 || exponent >= 16) {
      text.append(digits.charAt(0));
      if (digits.length() > 1) {
        text.append('.').append(digits, 1, digits.length());
      }
      text.append(exponent < 0 ? "e-" : "e+");
      int size = Math.abs(exponent);
      return text.append(size < 10 ? "0" : "").append(size).toString();
    }
    String plain = shortest.toPlainString();
    text.append(plain);
    return plain.indexOf('.') < 0 ? text.append(".0").toString() : text.toString();
  }
}
