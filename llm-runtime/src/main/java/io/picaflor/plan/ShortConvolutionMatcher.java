package io.picaflor.plan;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;

import java.util.List;
import java.util.Optional;

/** The sum over a window's rows, each channel with taps of its own: {@code sum(window * taps)} over the innermost dimension. */
final class ShortConvolutionMatcher implements Matcher {
  @Override
  public Optional<Form> match(Form form, FormGraph graph) {
    boolean sums = form.kind() instanceof Kind.Reduce(Op.Reduction function, List<Integer> dimensions)
        && function == Op.Reduction.SUM && dimensions.equals(List.of(1)) && form.shape().size() == 1
        && Elements.is(form.input(0), Op.BinaryFunction.MUL);
    if (!sums) {
      return Optional.empty();
    }
    Form product = form.input(0);
    for (int i = 0; i < 2; i++) {
      Form window = product.input(i);
      Form taps = product.input(1 - i);
      boolean matches = window.kind() instanceof Kind.Window(int dimension) && dimension == 1
          && taps.kind() instanceof Kind.Constant && taps.type() == ElementType.FLOAT32
          && taps.shape().equals(window.shape()) && Elements.isWhole(product, i);
      if (matches) {
        return Optional.of(graph.form(new Kind.ShortConvolution(), List.of(window, taps), form.type(), form.shape()));
      }
    }
    return Optional.empty();
  }
}
