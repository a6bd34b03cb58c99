package io.picaflor.plan;

import io.picaflor.kernels.Matrix;
import io.picaflor.kernels.Operator;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * A product of two computed values, of one token at a time: {@code y[result] = sum(a[left] * b[right])} over the labels that
 * are not in the result, in float32, the sum from first to last with the last such label innermost.
 *
 * <p>Such products are small (a few streams of values that are mixed); those with constants are layers and have kernels.
 */
final class ProductStep implements Operator {
  private final Matrix a;
  private final Matrix b;
  private final Matrix y;
  private final int[] aStarts;
  private final int[] bStarts;
  private final int[] aSteps;
  private final int[] bSteps;

  /**
   * Binds a product.
   *
   * @param form a form of kind {@link Kind.Product} of floats
   */
  ProductStep(Form form, Matrix a, Matrix b, Matrix y) {
    this.a = a;
    this.b = b;
    this.y = y;
    Kind.Product product = (Kind.Product) form.kind();
    List<Integer> summed = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    collect(product.left(), form.input(0).shape(), product.result(), summed, sizes);
    collect(product.right(), form.input(1).shape(), product.result(), summed, sizes);
    this.aStarts = offsets(product.result(), form.shape(), product.left(), form.input(0).shape());
    this.bStarts = offsets(product.result(), form.shape(), product.right(), form.input(1).shape());
    this.aSteps = offsets(summed, sizes, product.left(), form.input(0).shape());
    this.bSteps = offsets(summed, sizes, product.right(), form.input(1).shape());
  }

  private static void collect(
      List<Integer> labels, List<Integer> shape, List<Integer> result, List<Integer> summed, List<Integer> sizes) {
    for (int i = 0; i < labels.size(); i++) {
      if (!result.contains(labels.get(i)) && !summed.contains(labels.get(i))) {
        summed.add(labels.get(i));
        sizes.add(shape.get(i));
      }
    }
  }

  /** For all values of some labels, row-major, where they lead to in an operand. */
  private static int[] offsets(List<Integer> labels, List<Integer> sizes, List<Integer> own, List<Integer> shape) {
    int[] offsets = new int[sizes.stream().reduce(1, Math::multiplyExact)];
    for (int i = 0; i < offsets.length; i++) {
      int rest = i;
      for (int d = labels.size() - 1; d >= 0; d--) {
        int at = own.indexOf(labels.get(d));
        if (at >= 0) {
          offsets[i] +=
              rest % sizes.get(d) * shape.subList(at + 1, shape.size()).stream().reduce(1, Math::multiplyExact);
        }
        rest /= sizes.get(d);
      }
    }
    return offsets;
  }

  @Override
  public void run(int rows, int position) {
    MemorySegment left = a.memory();
    MemorySegment right = b.memory();
    for (int row = 0; row < rows; row++) {
      long aRow = a.index(row);
      long bRow = b.index(row);
      long yRow = y.index(row);
      for (int i = 0; i < aStarts.length; i++) {
        float sum = 0;
        for (int k = 0; k < aSteps.length; k++) {
          sum += left.getAtIndex(ValueLayout.JAVA_FLOAT, aRow + aStarts[i] + aSteps[k])
              * right.getAtIndex(ValueLayout.JAVA_FLOAT, bRow + bStarts[i] + bSteps[k]);
        }
        y.memory().setAtIndex(ValueLayout.JAVA_FLOAT, yRow + i, sum);
      }
    }
  }
}
