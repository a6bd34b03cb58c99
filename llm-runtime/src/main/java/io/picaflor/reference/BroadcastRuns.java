package io.picaflor.reference;

import io.picaflor.graph.Shape;
import java.util.Arrays;

/**
 * Walks a result tensor together with up to three operands that are broadcast to its shape, in runs along the innermost
 * merged dimension.
 *
 * <p>Dimensions are aligned at the innermost one; an operand's dimension of size 1 repeats (numpy's rule).
 */
final class BroadcastRuns {
  /** Works on one run: operand {@code k} starts at element {@code starts[k]}, the result at {@code target}. */
  @FunctionalInterface
  interface Run {
    void accept(long[] starts, long target);
  }

  private final int[] sizes;
  private final long[][] strides;
  private final int length;

  private BroadcastRuns(int[] sizes, long[][] strides) {
    this.sizes = sizes;
    this.strides = strides;
    this.length = sizes[sizes.length - 1];
  }

  /** Whether a shape can be broadcast to another. */
  static boolean fits(Shape operand, Shape result) {
    int shift = result.rank() - operand.rank();
    if (shift < 0) {
      return false;
    }
    for (int i = 0; i < operand.rank(); i++) {
      if (operand.size(i) != 1 && operand.size(i) != result.size(i + shift)) {
        return false;
      }
    }
    return true;
  }

  /** The walk for operands that {@link #fits fit} the result. */
  static BroadcastRuns of(Shape result, Shape... operands) {
    int[] size = new int[Math.max(1, result.rank())];
    long[][] stride = new long[operands.length][size.length];
    int rank = 0;
    for (int i = 0; i < result.rank(); i++) {
      if (result.size(i) == 1) {
        continue;
      }
      long[] next = new long[operands.length];
      for (int k = 0; k < operands.length; k++) {
        next[k] = stride(operands[k], i - (result.rank() - operands[k].rank()));
      }
      if (rank > 0 && continues(stride, next, rank - 1, result.size(i), size[rank - 1])) {
        size[rank - 1] *= result.size(i);
      } else {
        size[rank++] = result.size(i);
      }
      for (int k = 0; k < operands.length; k++) {
        stride[k][rank - 1] = next[k];
      }
    }
    if (rank == 0) {
      rank = 1;
      size[0] = 1;
    }
    int[] sizes = Arrays.copyOf(size, rank);
    for (int k = 0; k < operands.length; k++) {
      stride[k] = Arrays.copyOf(stride[k], rank);
    }
    return new BroadcastRuns(sizes, stride);
  }

  private static long stride(Shape shape, int dimension) {
    return dimension < 0 || shape.size(dimension) == 1 ? 0 : shape.strides()[dimension];
  }

  private static boolean continues(long[][] outer, long[] inner, int dimension, int innerSize, int outerSize) {
    if ((long) innerSize * outerSize > Integer.MAX_VALUE) {
      return false;
    }
    for (int k = 0; k < inner.length; k++) {
      if (outer[k][dimension] != inner[k] * innerSize) {
        return false;
      }
    }
    return true;
  }

  /** Elements in a run. */
  int length() {
    return length;
  }

  /** Elements between neighbours of an operand within a run: 1, or 0 where it repeats, seldom more. */
  long step(int operand) {
    return strides[operand][sizes.length - 1];
  }

  /** Calls {@code run} for each run, in the order of the result. */
  void forEach(Run run) {
    for (int size : sizes) {
      if (size == 0) {
        return;
      }
    }
    int outer = sizes.length - 1;
    int[] index = new int[outer];
    long[] starts = new long[strides.length];
    long target = 0;
    while (true) {
      run.accept(starts, target);
      target += length;
      int d = outer - 1;
      while (d >= 0 && ++index[d] == sizes[d]) {
        index[d] = 0;
        for (int k = 0; k < starts.length; k++) {
          starts[k] -= strides[k][d] * (sizes[d] - 1);
        }
        d--;
      }
      if (d < 0) {
        return;
      }
      for (int k = 0; k < starts.length; k++) {
        starts[k] += strides[k][d];
      }
    }
  }
}
