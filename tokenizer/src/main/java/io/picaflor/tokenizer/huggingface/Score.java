package io.picaflor.tokenizer.huggingface;

/**
 * Reads a unigram score as the reference does, which is not always the nearest 64-bit float: the digits as a whole
 * number (of 64 bits, further digits are dropped), rounded to a float, then multiplied or divided by the power of ten,
 * rounded again (serde_json without exact floats). The last bit decides between cuts of a word that are equally good.
 */
final class Score {
  private static final int LARGEST_POWER = 308;
  private static final double[] POWERS = new double[LARGEST_POWER + 1];

  static {
    for (int i = 0; i <= LARGEST_POWER; i++) {
      POWERS[i] = Double.parseDouble("1e" + i);
    }
  }

  private Score() {}

  /** @param number a JSON number */
  static double parse(String number) {
    long digits = 0;
    int exponent = 0;
    boolean fraction = false;
    boolean full = false;
    int at = number.startsWith("-") ? 1 : 0;
    for (; at < number.length() && number.charAt(at) != 'e' && number.charAt(at) != 'E'; at++) {
      char c = number.charAt(at);
      if (c == '.') {
        fraction = true;
        continue;
      }
      int digit = c - '0';
      full |= Long.compareUnsigned(digits, Long.divideUnsigned(-1L - digit, 10)) > 0;
      if (!full) {
        digits = 10 * digits + digit;
      }
      exponent += full ? fraction ? 0 : 1 : fraction ? -1 : 0;
    }
    if (at < number.length()) {
      String written = number.substring(at + 1);
      if (written.length() > 6) {
        return Double.parseDouble(number);
      }
      exponent += Integer.parseInt(written);
    }
    if (Math.abs(exponent) > LARGEST_POWER) {
      return Double.parseDouble(number);
    }
    double value = digits >= 0 ? digits : (digits >>> 1 | digits & 1) * 2.0;
    value = exponent >= 0 ? value * POWERS[exponent] : value / POWERS[-exponent];
    return number.startsWith("-") ? -value : value;
  }
}
