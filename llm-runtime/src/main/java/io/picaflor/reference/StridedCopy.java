package io.picaflor.reference;

import io.picaflor.graph.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Copies a box of elements between two dense tensors, each with strides of its own: what transposing, slicing, joining and
 * broadcasting have in common.
 *
 * <p>Element {@code i} of the box goes from {@code source[sourceOffset + i . sourceStrides]} to
 * {@code target[targetOffset + i . targetStrides]}; all counts are in elements. Neighbouring dimensions that are
 * contiguous on both sides are merged, so that long runs are copied as a whole.
 */
final class StridedCopy {
  private final int width;
  private final int[] sizes;
  private final long[] sourceStrides;
  private final long[] targetStrides;

  /**
   * A copy of a box.
   *
   * @param width bytes of an element: 1, 2, 4 or 8
   * @param sizes the box
   * @param sourceStrides elements between neighbours in the source, 0 to repeat
   * @param targetStrides elements between neighbours in the target
   */
  StridedCopy(int width, int[] sizes, long[] sourceStrides, long[] targetStrides) {
    this.width = width;
    int rank = 0;
    int[] size = new int[Math.max(1, sizes.length)];
    long[] source = new long[size.length];
    long[] target = new long[size.length];
    for (int i = 0; i < sizes.length; i++) {
      if (sizes[i] == 1) {
        continue;
      }
      boolean continues =
          rank > 0
              && (long) size[rank - 1] * sizes[i] <= Integer.MAX_VALUE
              && source[rank - 1] == sourceStrides[i] * sizes[i]
              && target[rank - 1] == targetStrides[i] * sizes[i];
      if (!continues) {
        rank++;
        size[rank - 1] = 1;
      }
      size[rank - 1] *= sizes[i];
      source[rank - 1] = sourceStrides[i];
      target[rank - 1] = targetStrides[i];
    }
    if (rank == 0) {
      rank = 1;
      size[0] = 1;
    }
    this.sizes = Arrays.copyOf(size, rank);
    this.sourceStrides = Arrays.copyOf(source, rank);
    this.targetStrides = Arrays.copyOf(target, rank);
  }

  /** A copy of a box out of a dense tensor into the whole of another. */
  static StridedCopy out(int width, Shape source, Shape box) {
    return new StridedCopy(width, box.sizes(), source.strides(), box.strides());
  }

  /** A copy of the whole of a dense tensor into a box of another. */
  static StridedCopy into(int width, Shape box, Shape target) {
    return new StridedCopy(width, box.sizes(), box.strides(), target.strides());
  }

  /** Runs the copy; both segments check their own bounds. */
  void run(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset) {
    for (int size : sizes) {
      if (size == 0) {
        return;
      }
    }
    run(0, source, sourceOffset, target, targetOffset);
  }

  private void run(int dimension, MemorySegment source, long from, MemorySegment target, long to) {
    if (dimension == sizes.length - 1) {
      innermost(source, from, target, to);
      return;
    }
    for (int i = 0; i < sizes[dimension]; i++) {
      run(dimension + 1, source, from + i * sourceStrides[dimension], target, to + i * targetStrides[dimension]);
    }
  }

  private void innermost(MemorySegment source, long from, MemorySegment target, long to) {
    int count = sizes[sizes.length - 1];
    long sourceStride = sourceStrides[sizes.length - 1];
    long targetStride = targetStrides[sizes.length - 1];
    if (count == 1 || sourceStride == 1 && targetStride == 1) {
      MemorySegment.copy(source, from * width, target, to * width, (long) count * width);
      return;
    }
    switch (width) {
      case 4 -> {
        for (int i = 0; i < count; i++) {
          int value = source.getAtIndex(ValueLayout.JAVA_INT, from + i * sourceStride);
          target.setAtIndex(ValueLayout.JAVA_INT, to + i * targetStride, value);
        }
      }
      case 1 -> {
        for (int i = 0; i < count; i++) {
          target.set(ValueLayout.JAVA_BYTE, to + i * targetStride,
              source.get(ValueLayout.JAVA_BYTE, from + i * sourceStride));
        }
      }
      default -> {
        for (int i = 0; i < count; i++) {
          MemorySegment.copy(
              source, (from + i * sourceStride) * width, target, (to + i * targetStride) * width, width);
        }
      }
    }
  }
}
