package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.FLOATS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/**
 * The norms of the tier {@code vector}, in the steps of {@link ScalarRmsNorm} and {@link ScalarLayerNorm}.
 *
 * <p>Sums run in lanes, each with what its roundings lost beside it (Knuth's two-sum), and the lanes end in double: but for
 * the rarest case the factor is the same to the bit as with the specification's sum in double.
 */
final class VectorNorm extends VectorRows {
  private final Matrix x;
  private final int size;
  private final boolean centred;
  private final MemorySegment weight;
  private final MemorySegment bias;
  private final float epsilon;
  private final Matrix residual;
  private final Matrix y;
  private final Codes codes;

  private VectorNorm(
      Workers workers, Matrix x, int size, boolean centred, MemorySegment weight, MemorySegment bias, float epsilon,
      Matrix residual, Matrix y, Codes codes) {
    super(workers, 4 * x.columns());
    this.x = x;
    this.size = size;
    this.centred = centred;
    this.weight = own(weight, size, 1f);
    this.bias = own(bias, size, 0f);
    this.epsilon = epsilon;
    this.residual = residual;
    this.y = y;
    this.codes = codes;
  }

  /**
   * The root mean square norm of groups of columns.
   *
   * @param weight or {@code null}
   * @param residual or {@code null}
   * @param y or {@code null} where only the codes are wanted
   * @param codes or {@code null}
   */
  static VectorNorm rootMeanSquare(
      Workers workers, Matrix x, int groups, MemorySegment weight, float epsilon, Matrix residual, Matrix y,
      Codes codes) {
    return new VectorNorm(workers, x, x.columns() / groups, false, weight, null, epsilon, residual, y, codes);
  }

  /** The layer norm; weight and bias may be {@code null}. */
  static VectorNorm layer(
      Workers workers, Matrix x, MemorySegment weight, MemorySegment bias, float epsilon, Matrix y) {
    return new VectorNorm(workers, x, x.columns(), true, weight, bias, epsilon, null, y, null);
  }

  /** A copy: the model's mapping may be unaligned, and cut while we read it. */
  private static MemorySegment own(MemorySegment values, int size, float otherwise) {
    MemorySegment copy = Arena.ofAuto().allocate(4L * size, 64);
    for (int c = 0; c < size; c++) {
      float value = values == null ? otherwise : values.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, c);
      copy.setAtIndex(JAVA_FLOAT, c, value);
    }
    return copy;
  }

  @Override
  void compute(int from, int to) {
    MemorySegment scratch = y == null || residual != null ? VectorScratch.ofThread().row(4L * x.columns()) : null;
    for (int m = from; m < to; m++) {
      MemorySegment target = scratch == null ? y.memory() : scratch;
      long at = scratch == null ? 4 * y.index(m) : 0;
      for (int c = 0; c < x.columns(); c += size) {
        norm(4 * (x.index(m) + c), target, at + 4L * c);
      }
      if (residual != null) {
        long added = 4 * residual.index(m);
        VectorElementwise.add(residual.memory(), added, target, at, y.memory(), 4 * y.index(m), x.columns());
      }
      if (codes != null) {
        VectorCodes.quantizeRow(target, at, codes, m);
      }
    }
  }

  private void norm(long from, MemorySegment target, long to) {
    float mean = centred ? (float) (sum(x.memory(), from, size) / size) : 0f;
    float variance = (float) (squares(x.memory(), from, size, mean) / size);
    float factor = (float) (1 / Math.sqrt(variance + epsilon));
    if (centred) {
      normalize(x.memory(), from, mean, factor, weight, bias, target, to, size);
    } else {
      scale(x.memory(), from, factor, weight, target, to, size);
    }
  }

  private static double sum(MemorySegment x, long from, int size) {
    FloatVector sum = FloatVector.zero(FLOATS);
    FloatVector lost = sum;
    int whole = FLOATS.loopBound(size);
    for (int c = 0; c < whole; c += Lanes.COUNT) {
      FloatVector value = FloatVector.fromMemorySegment(FLOATS, x, from + 4L * c, Lanes.ORDER);
      FloatVector next = sum.add(value);
      FloatVector back = next.sub(sum);
      lost = lost.add(sum.sub(next.sub(back)).add(value.sub(back)));
      sum = next;
    }
    double total = total(sum, lost);
    for (int c = whole; c < size; c++) {
      total += x.get(JAVA_FLOAT, from + 4L * c);
    }
    if (!Double.isFinite(total)) {
      total = 0;
      for (int c = 0; c < size; c++) {
        total += x.get(JAVA_FLOAT, from + 4L * c);
      }
    }
    return total;
  }

  /** {@code sum((x - mean)^2)}, difference and square rounded. */
  private static double squares(MemorySegment x, long from, int size, float mean) {
    FloatVector sum = FloatVector.zero(FLOATS);
    FloatVector lost = sum;
    int whole = FLOATS.loopBound(size);
    for (int c = 0; c < whole; c += Lanes.COUNT) {
      FloatVector difference = FloatVector.fromMemorySegment(FLOATS, x, from + 4L * c, Lanes.ORDER).sub(mean);
      FloatVector value = difference.mul(difference);
      FloatVector next = sum.add(value);
      FloatVector back = next.sub(sum);
      lost = lost.add(sum.sub(next.sub(back)).add(value.sub(back)));
      sum = next;
    }
    double total = total(sum, lost);
    for (int c = whole; c < size; c++) {
      total += square(x, from, c, mean);
    }
    if (!Double.isFinite(total)) {
      total = 0;
      for (int c = 0; c < size; c++) {
        total += square(x, from, c, mean);
      }
    }
    return total;
  }

  private static float square(MemorySegment x, long from, int c, float mean) {
    float difference = x.get(JAVA_FLOAT, from + 4L * c) - mean;
    return difference * difference;
  }

  private static double total(FloatVector sum, FloatVector lost) {
    double total = 0;
    for (int lane = 0; lane < Lanes.COUNT; lane++) {
      total += (double) sum.lane(lane) + lost.lane(lane);
    }
    return total;
  }

  private static void scale(
      MemorySegment x, long from, float factor, MemorySegment weight, MemorySegment y, long to, int size) {
    int whole = FLOATS.loopBound(size);
    for (int c = 0; c < whole; c += Lanes.COUNT) {
      FloatVector.fromMemorySegment(FLOATS, x, from + 4L * c, Lanes.ORDER)
          .mul(factor)
          .mul(FloatVector.fromMemorySegment(FLOATS, weight, 4L * c, Lanes.ORDER))
          .intoMemorySegment(y, to + 4L * c, Lanes.ORDER);
    }
    for (int c = whole; c < size; c++) {
      float value = x.get(JAVA_FLOAT, from + 4L * c) * factor * weight.get(JAVA_FLOAT, 4L * c);
      y.set(JAVA_FLOAT, to + 4L * c, value);
    }
  }

  private static void normalize(
      MemorySegment x, long from, float mean, float factor, MemorySegment weight, MemorySegment bias, MemorySegment y,
      long to, int size) {
    int whole = FLOATS.loopBound(size);
    for (int c = 0; c < whole; c += Lanes.COUNT) {
      FloatVector.fromMemorySegment(FLOATS, x, from + 4L * c, Lanes.ORDER)
          .sub(mean)
          .mul(factor)
          .mul(FloatVector.fromMemorySegment(FLOATS, weight, 4L * c, Lanes.ORDER))
          .add(FloatVector.fromMemorySegment(FLOATS, bias, 4L * c, Lanes.ORDER))
          .intoMemorySegment(y, to + 4L * c, Lanes.ORDER);
    }
    for (int c = whole; c < size; c++) {
      float value = (x.get(JAVA_FLOAT, from + 4L * c) - mean) * factor;
      y.set(JAVA_FLOAT, to + 4L * c, value * weight.get(JAVA_FLOAT, 4L * c) + bias.get(JAVA_FLOAT, 4L * c));
    }
  }
}
