package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.FLOATS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** The largest values, as {@link ScalarSelection} defines them: whole vectors that hold none are skipped. */
final class VectorSelection {
  private VectorSelection() {}

  static int argMax(MemorySegment values, int count) {
    FloatVector largest = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    int whole = FLOATS.loopBound(count);
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      FloatVector next = FloatVector.fromMemorySegment(FLOATS, values, 4L * i, Lanes.ORDER);
      largest = largest.blend(next, next.compare(VectorOperators.GT, largest)); // false for NaN
    }
    float best = largest.reduceLanes(VectorOperators.MAX);
    for (int i = whole; i < count; i++) {
      float value = values.getAtIndex(JAVA_FLOAT, i);
      best = value > best ? value : best;
    }
    for (int i = first(values, whole, best); i < count; i++) {
      if (values.getAtIndex(JAVA_FLOAT, i) == best) {
        return i;
      }
    }
    return 0; // all are NaN
  }

  static boolean hasNaN(MemorySegment values, int count) {
    int whole = FLOATS.loopBound(count);
    var numbers = FLOATS.maskAll(true);
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      FloatVector next = FloatVector.fromMemorySegment(FLOATS, values, 4L * i, Lanes.ORDER);
      numbers = numbers.and(next.eq(next));
    }
    return !numbers.allTrue() || ScalarSelection.hasNaN(values, whole, count);
  }

  /** The first vector with a value that is at least this, or {@code whole}. */
  private static int first(MemorySegment values, int whole, float best) {
    for (int i = 0; i < whole; i += Lanes.COUNT) {
      FloatVector next = FloatVector.fromMemorySegment(FLOATS, values, 4L * i, Lanes.ORDER);
      if (next.compare(VectorOperators.GE, best).anyTrue()) {
        return i;
      }
    }
    return whole;
  }

  /** Once k are found, vectors without a value above the least of them are skipped. */
  static void topK(MemorySegment values, int count, int k, int[] indices, float[] largest) {
    int begin = Math.min(count, Math.max(k, Lanes.COUNT));
    ScalarSelection.topK(values, 0, begin, k, indices, largest);
    int at = begin;
    while (at < count) {
      at = next(values, at, count, largest[k - 1]);
      int to = Math.min(at + Lanes.COUNT, count);
      ScalarSelection.topK(values, at, to, k, indices, largest);
      at = to;
    }
  }

  /** Where a vector with a value above {@code least} begins, or near the end; NaN is below all. */
  private static int next(MemorySegment values, int from, int count, float least) {
    int at = from;
    while (at <= count - Lanes.COUNT) {
      FloatVector next = FloatVector.fromMemorySegment(FLOATS, values, 4L * at, Lanes.ORDER);
      if (Float.isNaN(least) || next.compare(VectorOperators.GT, least).anyTrue()) {
        return at;
      }
      at += Lanes.COUNT;
    }
    return at;
  }
}
