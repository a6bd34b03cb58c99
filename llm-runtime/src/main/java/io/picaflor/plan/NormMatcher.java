package io.picaflor.plan;

import io.picaflor.graph.Op;

import java.util.List;
import java.util.Optional;

/** Root mean square norm: {@code x * rsqrt(mean(x * x) + epsilon)}, and its weight. */
final class NormMatcher implements Matcher {
  @Override
  public Optional<Form> match(Form form, FormGraph graph) {
    if (!Elements.is(form, Op.BinaryFunction.MUL)) {
      return Optional.empty();
    }
    for (int i = 0; i < 2; i++) {
      Form x = form.input(i);
      Form factor = form.input(1 - i);
      if (!Elements.isWhole(form, i)) {
        continue;
      }
      Optional<Float> epsilon = Elements.isPerRow(form, 1 - i) ? inverseRoot(x, factor) : Optional.empty();
      if (epsilon.isPresent()) {
        return Optional.of(graph.form(new Kind.RmsNorm(epsilon.get()), List.of(x), form.type(), form.shape()));
      }
      boolean weighs = x.kind() instanceof Kind.RmsNorm && x.inputs().size() == 1
          && factor.kind() instanceof Kind.Constant && factor.shape().size() == 1 && Elements.isInnermost(form, 1 - i);
      if (weighs) {
        return Optional.of(graph.form(x.kind(), List.of(x.input(0), factor), form.type(), form.shape()));
      }
    }
    return Optional.empty();
  }

  /** The epsilon of {@code rsqrt(mean(x * x) + epsilon)}. */
  private static Optional<Float> inverseRoot(Form x, Form root) {
    if (!Elements.is(root, Op.UnaryFunction.RSQRT) || !Elements.is(root.input(0), Op.BinaryFunction.ADD)) {
      return Optional.empty();
    }
    Form sum = root.input(0);
    Form mean = Elements.besideNumber(sum).orElse(null);
    boolean isMean = mean != null && mean.kind() instanceof Kind.Reduce reduce
        && reduce.function() == Op.Reduction.MEAN
        && reduce.dimensions().equals(List.of(x.shape().size() - 1))
        && isSquare(mean.input(0), x);
    return isMean ? Optional.of(Elements.number(sum)) : Optional.empty();
  }

  private static boolean isSquare(Form form, Form x) {
    return Elements.is(form, Op.UnaryFunction.SQUARE) && form.input(0) == x
        || Elements.is(form, Op.BinaryFunction.MUL) && form.input(0) == x && form.input(1) == x;
  }
}
