package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.FLOATS;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * The softmax of scores that lie in whole vectors by their absolute positions, so that a score meets the same lane, the same
 * operations and the same order of the sum whatever stands beside it.
 *
 * <p>{@code exp} is within 2 ulp: {@code x = n * ln 2 + r}, a polynomial for {@code exp(r)}, and {@code n} added to the
 * exponent. Below {@value #SMALLEST}, where results leave the normal numbers, it is 0.
 */
final class VectorSoftmax {
  private static final float SMALLEST = -87.336f;
  private static final float LOG2_E = (float) (1 / Math.log(2));

  /** Few bits, so that its product with n is exact. */
  private static final float LN2_HIGH = 0.693359375f;

  private static final float LN2_LOW = (float) (Math.log(2) - 0.693359375);

  /** Adding it leaves a sum rounded to a whole number, in the low bits: 1.5 * 2^23. */
  private static final float ROUNDER = 12_582_912f;

  private static final int EXPONENT = 23;

  /** Below it tanh is a polynomial: {@code 1 - exp(-2x)} would lose bits. */
  private static final float SMALL = 0.3f;

  private VectorSoftmax() {}

  /**
   * Makes scores probabilities.
   *
   * @param scores begin at {@code at}, where a position that is a multiple of {@link Lanes#COUNT} lies
   * @param from the first score that counts, from {@code at} on; those before it become 0
   * @param to the score after the last; those behind it, up to a whole vector, become 0
   */
  static void run(float[] scores, int at, int from, int to) {
    int begin = at + from / Lanes.COUNT * Lanes.COUNT;
    int end = at + Math.ceilDiv(to, Lanes.COUNT) * Lanes.COUNT;
    for (int i = begin; i < at + from; i++) {
      scores[i] = Float.NEGATIVE_INFINITY;
    }
    for (int i = at + to; i < end; i++) {
      scores[i] = Float.NEGATIVE_INFINITY;
    }
    FloatVector most = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    for (int i = begin; i < end; i += Lanes.COUNT) {
      most = most.max(FloatVector.fromArray(FLOATS, scores, i));
    }
    exp(scores, begin, end, most.reduceLanes(VectorOperators.MAX));
    FloatVector sums = FloatVector.zero(FLOATS);
    for (int i = begin; i < end; i += Lanes.COUNT) {
      sums = sums.add(FloatVector.fromArray(FLOATS, scores, i));
    }
    float sum = 0;
    for (int lane = 0; lane < Lanes.COUNT; lane++) { // reduceLanes does not say in which order
      sum += sums.lane(lane);
    }
    float factor = 1 / sum;
    for (int i = begin; i < end; i += Lanes.COUNT) {
      FloatVector.fromArray(FLOATS, scores, i).mul(factor).intoArray(scores, i);
    }
  }

  /** {@code x = exp(x - offset)} for whole vectors, where {@code x <= offset}. */
  private static void exp(float[] values, int begin, int end, float offset) {
    FloatVector rounder = FloatVector.broadcast(FLOATS, ROUNDER);
    FloatVector log2e = FloatVector.broadcast(FLOATS, LOG2_E);
    FloatVector high = FloatVector.broadcast(FLOATS, -LN2_HIGH);
    FloatVector low = FloatVector.broadcast(FLOATS, -LN2_LOW);
    FloatVector c7 = FloatVector.broadcast(FLOATS, 1f / 5040);
    FloatVector c6 = FloatVector.broadcast(FLOATS, 1f / 720);
    FloatVector c5 = FloatVector.broadcast(FLOATS, 1f / 120);
    FloatVector c4 = FloatVector.broadcast(FLOATS, 1f / 24);
    FloatVector c3 = FloatVector.broadcast(FLOATS, 1f / 6);
    FloatVector half = FloatVector.broadcast(FLOATS, 0.5f);
    FloatVector one = FloatVector.broadcast(FLOATS, 1f);
    for (int i = begin; i < end; i += Lanes.COUNT) {
      FloatVector x = FloatVector.fromArray(FLOATS, values, i).sub(offset);
      FloatVector shifted = x.fma(log2e, rounder);
      FloatVector n = shifted.sub(rounder);
      FloatVector r = n.fma(low, n.fma(high, x));
      FloatVector p = c7.fma(r, c6).fma(r, c5).fma(r, c4).fma(r, c3).fma(r, half).fma(r, one).fma(r, one);
      FloatVector power =
          shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, EXPONENT).add(127 << EXPONENT)
              .reinterpretAsFloats();
      VectorMask<Float> tiny = x.lt(SMALLEST);
      p.mul(power).blend(0f, tiny).intoArray(values, i);
    }
  }

  /**
   * {@code x = cap * tanh(x / cap)} for whole vectors.
   *
   * @param room as many values as there are, from 0 on
   */
  static void cap(float[] values, int begin, int end, float cap, float[] room) {
    for (int i = begin; i < end; i += Lanes.COUNT) {
      FloatVector.fromArray(FLOATS, values, i).div(cap).abs().mul(-2f).intoArray(room, i - begin);
    }
    exp(room, 0, end - begin, 0);
    for (int i = begin; i < end; i += Lanes.COUNT) {
      FloatVector x = FloatVector.fromArray(FLOATS, values, i).div(cap);
      FloatVector e = FloatVector.fromArray(FLOATS, room, i - begin);
      FloatVector one = FloatVector.broadcast(FLOATS, 1f);
      FloatVector large = one.sub(e).div(one.add(e));
      large = large.blend(large.neg(), x.lt(0f));
      FloatVector square = x.mul(x);
      FloatVector series = square.mul(-1382f / 155_925)
          .add(62f / 2835)
          .fma(square, FloatVector.broadcast(FLOATS, -17f / 315))
          .fma(square, FloatVector.broadcast(FLOATS, 2f / 15))
          .fma(square, FloatVector.broadcast(FLOATS, -1f / 3))
          .mul(square)
          .fma(x, x);
      large.blend(series, x.abs().lt(SMALL)).mul(cap).intoArray(values, i);
    }
  }
}
