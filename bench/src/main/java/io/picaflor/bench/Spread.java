package io.picaflor.bench;

import java.util.Arrays;

/** Median, lowest and highest of some values, and other ranks. Immutable. */
final class Spread {
  private final double[] sorted;

  /** Of at least one value. */
  Spread(double... values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("no values");
    }
    sorted = values.clone();
    Arrays.sort(sorted);
  }

  /** The middle value, or the mean of the two in the middle. */
  double median() {
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  /** The lowest value that at least this fraction of the values does not exceed: 0.95 for p95. */
  double percentile(double fraction) {
    int rank = (int) Math.ceil(fraction * sorted.length);
    return sorted[Math.clamp(rank - 1, 0, sorted.length - 1)];
  }

  double min() {
    return sorted[0];
  }

  double max() {
    return sorted[sorted.length - 1];
  }
}
