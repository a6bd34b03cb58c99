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
  private float[] starts = {};
  private float[] panel = {};
  private float[] sums = {};
  private float[] scales = {};
  private float[] offsets = {};
  private float[] results = {};
  private int[] wholeSums = {};
  private int[] words = {};
  private int[] square = {};
  private MemorySegment row = MemorySegment.NULL;
  private MemorySegment codes = MemorySegment.NULL;

  private VectorScratch() {}

  static VectorScratch ofThread() {
    return OF_THREAD.get();
  }

  float[] activations(long size) {
    return activations = atLeast(activations, size);
  }

  float[] starts(long size) {
    return starts = atLeast(starts, size);
  }

  float[] panel(long size) {
    return panel = atLeast(panel, size);
  }

  float[] sums(long size) {
    return sums = atLeast(sums, size);
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
  MemorySegment row(long bytes) {
    return row = atLeast(row, bytes);
  }

  /** The same, for codes. */
  MemorySegment codes(long bytes) {
    return codes = atLeast(codes, bytes);
  }

  private static MemorySegment atLeast(MemorySegment memory, long bytes) {
    return memory.byteSize() >= bytes ? memory : Arena.ofAuto().allocate(bytes, 64);
  }

  private static float[] atLeast(float[] array, long size) {
    return array.length >= size ? array : new float[Math.toIntExact(size)];
  }

  private static int[] atLeast(int[] array, long size) {
    return array.length >= size ? array : new int[Math.toIntExact(size)];
  }
}
