package io.picaflor.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;

/** What "the largest" means: {@link Kernels#argMax} and {@link Kernels#topK} of the tier {@code scalar}. */
final class ScalarSelection {
  private ScalarSelection() {}

  static int argMax(MemorySegment values, int count) {
    int best = 0;
    float bestValue = values.getAtIndex(JAVA_FLOAT, 0);
    for (int i = 1; i < count; i++) {
      float value = values.getAtIndex(JAVA_FLOAT, i);
      if (larger(value, bestValue)) {
        best = i;
        bestValue = value;
      }
    }
    return best;
  }

  static boolean hasNaN(MemorySegment values, int from, int count) {
    boolean numbers = true;
    for (int i = from; i < count; i++) {
      numbers &= !Float.isNaN(values.getAtIndex(JAVA_FLOAT, i));
    }
    return !numbers;
  }

  /** Keeps the best so far in order; a value enters behind those that are not smaller, which come before it. */
  static void topK(MemorySegment values, int count, int k, int[] indices, float[] largest) {
    topK(values, 0, count, k, indices, largest);
  }

  /** Goes on from index {@code from} to index {@code to}, with those before it selected. */
  static void topK(MemorySegment values, int from, int to, int k, int[] indices, float[] largest) {
    for (int i = from; i < to; i++) {
      float value = values.getAtIndex(JAVA_FLOAT, i);
      int place = Math.min(i, k);
      while (place > 0 && larger(value, largest[place - 1])) {
        place--;
      }
      int behind = Math.min(i, k - 1) - place;
      if (behind >= 0) {
        System.arraycopy(largest, place, largest, place + 1, behind);
        System.arraycopy(indices, place, indices, place + 1, behind);
        largest[place] = value;
        indices[place] = i;
      }
    }
  }

  /** NaN is smaller than each number, and equal to NaN; the two zeros are equal. */
  private static boolean larger(float a, float b) {
    return a > b || Float.isNaN(b) && !Float.isNaN(a);
  }
}
