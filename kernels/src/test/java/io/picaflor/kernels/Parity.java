package io.picaflor.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

/** Compares results of two tiers: bit for bit, or within a bound that follows from the operation. */
final class Parity {
  /** Half a unit of the last place of a float32 near 1: the relative error of one rounding. */
  static final double U = 0x1p-24;

  /** A bound that allows anything, no number too. */
  static final double ANYTHING = Double.MAX_VALUE;

  /** How far a result may be from the specification's. */
  @FunctionalInterface
  interface Bound {
    double of(int row, int column);
  }

  private Parity() {}

  /** Bits are equal; all NaN count as one. */
  static void assertSameBits(Guarded expected, Guarded found, int rows, String what) {
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < expected.matrix().columns(); c++) {
        int left = Float.floatToIntBits(expected.at(r, c));
        int right = Float.floatToIntBits(found.at(r, c));
        if (left != right) {
          assertEquals(expected.at(r, c), found.at(r, c), message(what, r, c));
          assertEquals(left, right, message(what, r, c)); // zeros of two signs
        }
      }
    }
  }

  /** Finite numbers are within a bound, the others the same. */
  static void assertWithin(Bound bound, Guarded expected, Guarded found, int rows, String what) {
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < expected.matrix().columns(); c++) {
        float left = expected.at(r, c);
        float right = found.at(r, c);
        double allowed = bound.of(r, c);
        if (allowed == ANYTHING) {
          continue;
        }
        if (Float.isFinite(left) && Float.isFinite(right)) {
          double difference = Math.abs((double) left - right);
          if (!(difference <= allowed)) {
            fail(message(what, r, c) + ": expected " + left + ", found " + right + ", which differs by " + difference
                + ", more than " + allowed);
          }
        } else {
          assertEquals(left, right, message(what, r, c));
        }
      }
    }
  }

  private static String message(String what, int row, int column) {
    return what + ", row " + row + ", column " + column + ", seed " + Tiers.SEED;
  }
}
