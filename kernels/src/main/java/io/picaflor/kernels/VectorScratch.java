package io.picaflor.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The working memory of one thread in the tier {@code vector}: made when first needed, kept, and grown when a larger
 * product comes. What was in it is undefined after growing.
 */
final class VectorScratch {
  private static final ThreadLocal<VectorScratch> OF_THREAD = ThreadLocal.withInitial(VectorScratch::new);

  private float[] activations = {};
  private float[] arranged = {};
  private float[] panel = {};
  private float[] sums = {};
  private float[] groups = {};
  private float[] scales = {};
  private float[] offsets = {};
  private float[] results = {};
  private int[] wholeSums = {};
  private int[] words = {};
  private int[] square = {};
  private MemorySegment tail = MemorySegment.NULL;

  private VectorScratch() {}

  static VectorScratch ofThread() {
    return OF_THREAD.get();
  }

  float[] activations(long size) {
    return activations = atLeast(activations, size);
  }

  float[] arranged(long size) {
    return arranged = atLeast(arranged, size);
  }

  float[] panel(long size) {
    return panel = atLeast(panel, size);
  }

  float[] sums(long size) {
    return sums = atLeast(sums, size);
  }

  float[] groups(long size) {
    return groups = atLeast(groups, size);
  }

  float[] scales(long size) {
    return scales = atLeast(scales, size);
  }

  float[] offsets(long size) {
    return offsets = atLeast(offsets, size);
  }

  float[] results(long size) {
    return results = atLeast(results, size);
  }

  int[] wholeSums(long size) {
    return wholeSums = atLeast(wholeSums, size);
  }

  int[] words(long size) {
    return words = atLeast(words, size);
  }

  int[] square(long size) {
    return square = atLeast(square, size);
  }

  /** Native memory, so that kernels see segments of one kind only. */
  MemorySegment tail(long bytes) {
    if (tail.byteSize() < bytes) {
      tail = Arena.ofAuto().allocate(bytes, 64);
    }
    return tail;
  }

  private static float[] atLeast(float[] array, long size) {
    return array.length >= size ? array : new float[Math.toIntExact(size)];
  }

  private static int[] atLeast(int[] array, long size) {
    return array.length >= size ? array : new int[Math.toIntExact(size)];
  }
}
