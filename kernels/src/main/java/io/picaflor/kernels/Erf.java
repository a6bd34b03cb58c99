package io.picaflor.kernels;

/**
 * The complementary error function, in double precision.
 *
 * <p>For arguments up to 3 by the series of erf (Abramowitz and Stegun, 7.1.6), beyond by the continued fraction of erfc
 * (7.1.14); both are carried on until they no longer change the result, so the relative error is a few units of the last
 * place of a double, far below a float's.
 */
final class Erf {
  private Erf() {}

  /** {@code erfc(x) = 1 - erf(x)}. */
  static double complement(double x) {
    if (Double.isNaN(x)) {
      return x;
    }
    if (x < 0) {
      return 2 - complement(-x);
    }
    if (x > 27) { // below the smallest double
      return 0;
    }
    return x < 3 ? 1 - series(x) : fraction(x);
  }

  /** {@code erf(x) = 2/sqrt(pi) * exp(-x^2) * sum 2^n x^(2n+1) / (2n+1)!!}. */
  private static double series(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; term > sum * 1e-17; n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }

  /** {@code erfc(x) = exp(-x^2)/sqrt(pi) / (x + (1/2)/(x + (2/2)/(x + (3/2)/(x + ...))))}, from the inside out. */
  private static double fraction(double x) {
    double tail = x;
    for (int n = 60; n >= 1; n--) {
      tail = x + n / 2.0 / tail;
    }
    return Math.exp(-x * x) / Math.sqrt(Math.PI) / tail;
  }
}
