package io.picaflor.kernels;

import io.picaflor.quantization.BFloat16;

/**
 * Attention in double from keys and values as plain rows, and how far a float32 result may be from it: an oracle that shares
 * nothing with the kernels, neither layouts nor order.
 */
final class ExactAttention {
  /** The result of one row and head. */
  final double[] result;

  /** How far each channel of a tier's result may be off. */
  final double[] bound;

  /**
   * Computes one row of one head.
   *
   * @param q the head's channels
   * @param keys for each position from 0 on, the channels of the head's keys, as stored
   * @param values the same for values
   * @param mask one number for each position, or {@code null}
   * @param last the row's own position
   */
  ExactAttention(AttentionShape shape, float[] q, float[][] keys, float[][] values, float[] mask, int last) {
    int first = (int) Math.max(0, last - (long) shape.window() + 1);
    int count = last - first + 1;
    double[] scores = new double[count];
    double[] errors = new double[count];
    double max = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      scores[i] = score(shape, q, keys[first + i], mask == null ? 0 : mask[first + i], errors, i);
      max = Math.max(max, scores[i]);
    }
    double sum = 0;
    double range = 0;
    for (int i = 0; i < count; i++) {
      double weight = Math.exp(scores[i] - max);
      range = weight > 0 ? Math.max(range, max - scores[i]) : range;
      scores[i] = weight;
      sum += weight;
    }
    result = new double[shape.valueSize()];
    bound = new double[shape.valueSize()];
    for (int c = 0; c < result.length; c++) {
      weigh(scores, sum, errors, range, values, first, c);
    }
  }

  /**
   * A score of n terms is off by n roundings of their magnitudes in any order, and 2 more for the scale, wherever that is
   * multiplied in. A tanh of 4 units of the last place, its quotient and its product are 12 roundings of a result not above
   * the cap, and its slope is at most 1. The mask's sum is one more.
   */
  private static double score(AttentionShape shape, float[] q, float[] k, float mask, double[] errors, int at) {
    double sum = 0;
    double magnitude = 0;
    for (int c = 0; c < q.length; c++) {
      sum += (double) q[c] * k[c];
      magnitude += Math.abs((double) q[c] * k[c]);
    }
    double score = sum * shape.scale();
    errors[at] = (q.length + 2) * Parity.U * magnitude * Math.abs(shape.scale());
    if (shape.cap() != 0) {
      score = shape.cap() * Math.tanh(score / shape.cap());
      errors[at] += 12 * Parity.U * shape.cap();
    }
    double masked = score + mask;
    errors[at] += mask == 0 || Double.isInfinite(masked) ? 0 : Parity.U * (Math.abs(masked) + errors[at]);
    return masked;
  }

  /**
   * The result is a quotient of two sums over n positions. Each weight is off, relatively, by its score's error, by 4 units of
   * the last place of an exp, by the rounding of its difference from the largest score and, where a tier goes by blocks,
   * by the same for each block that raised the largest; those differences add up to the range of the scores at most. The
   * sums are off by n roundings each, product and quotient by 4. Exponentials below 2^-126 may be flushed to 0. A tenth is
   * for terms of higher order: the errors of weights stay below it in these tests.
   */
  private void weigh(
      double[] weights, double sum, double[] errors, double range, float[][] values, int first, int channel) {
    int n = weights.length;
    int blocks = n / KvLayout.BLOCK + 2;
    double y = 0;
    double magnitude = 0;
    for (int i = 0; i < n; i++) {
      if (weights[i] != 0) {
        y += weights[i] / sum * values[first + i][channel];
        magnitude += weights[i] / sum * Math.abs(values[first + i][channel]);
      }
    }
    double off = 0;
    double flushed = 0;
    for (int i = 0; i < n; i++) {
      if (weights[i] != 0) {
        double relative = errors[i] + 2 * Parity.U * range + (blocks + 1) * 10 * Parity.U;
        double value = Math.abs(values[first + i][channel]);
        off += weights[i] / sum * Math.expm1(relative) * (value + magnitude);
        flushed += 0x1p-126 * (value + magnitude);
      }
    }
    result[channel] = y;
    bound[channel] = 1.1 * (off + (2 * n + 8) * Parity.U * magnitude) + flushed + Float.MIN_NORMAL;
  }

  /** What is stored of a number. */
  static float stored(float value, KvLayout.Precision precision) {
    return switch (precision) {
      case F32 -> value;
      case BF16 -> BFloat16.round(value);
    };
  }
}
