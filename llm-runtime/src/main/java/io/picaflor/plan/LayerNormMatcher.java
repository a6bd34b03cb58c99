package io.picaflor.plan;

import io.picaflor.graph.Op;

import java.util.List;
import java.util.Optional;

/**
 * Layer norm: {@code x * r + (0 - r * mean(x))} with {@code r = rsqrt(mean((x - mean(x))^2) + epsilon)}, its weight and its
 * bias.
 */
final class LayerNormMatcher implements Matcher {
  @Override
  public Optional<Form> match(Form form, FormGraph graph) {
    boolean isSum = Elements.is(form, Op.BinaryFunction.ADD);
    if (!isSum && !Elements.is(form, Op.BinaryFunction.MUL)) {
      return Optional.empty();
    }
    for (int i = 0; i < 2; i++) {
      Form x = form.input(i);
      Form other = form.input(1 - i);
      if (!Elements.isWhole(form, i)) {
        continue;
      }
      boolean extends_ = x.kind() instanceof Kind.LayerNorm && x.inputs().size() == (isSum ? 2 : 1)
          && other.kind() instanceof Kind.Constant && other.shape().size() == 1 && Elements.isInnermost(form, 1 - i);
      if (extends_) {
        List<Form> inputs = new java.util.ArrayList<>(x.inputs());
        inputs.add(other);
        return Optional.of(graph.form(x.kind(), inputs, form.type(), form.shape()));
      }
      Optional<Form> norm = isSum && Elements.isPerRow(form, 1 - i) ? norm(form, x, other, graph) : Optional.empty();
      if (norm.isPresent()) {
        return norm;
      }
    }
    return Optional.empty();
  }

  private static Optional<Form> norm(Form form, Form scaled, Form offset, FormGraph graph) {
    boolean negated = Elements.is(offset, Op.BinaryFunction.SUB)
        && offset.input(0).number().equals(Optional.of(0f))
        && Elements.is(offset.input(1), Op.BinaryFunction.MUL);
    if (!negated || !Elements.is(scaled, Op.BinaryFunction.MUL)) {
      return Optional.empty();
    }
    for (int i = 0; i < 2; i++) {
      Form x = scaled.input(i);
      Form root = scaled.input(1 - i);
      for (int j = 0; j < 2; j++) {
        Form mean = offset.input(1).input(j);
        if (offset.input(1).input(1 - j) == root && isMean(mean, x) && Elements.is(root, Op.UnaryFunction.RSQRT)
            && Elements.is(root.input(0), Op.BinaryFunction.ADD)) {
          Form sum = root.input(0);
          Form variance = Elements.besideNumber(sum).orElse(null);
          if (variance != null && variance.kind() instanceof Kind.Reduce && isMean(variance, variance.input(0))
              && Elements.is(variance.input(0), Op.BinaryFunction.SQUARED_DIFFERENCE)
              && variance.input(0).inputs().equals(List.of(x, mean))) {
            return Optional
                .of(graph.form(new Kind.LayerNorm(Elements.number(sum)), List.of(x), form.type(), form.shape()));
          }
        }
      }
    }
    return Optional.empty();
  }

  private static boolean isMean(Form form, Form x) {
    return form.kind() instanceof Kind.Reduce reduce && reduce.function() == Op.Reduction.MEAN && form.input(0) == x
        && reduce.dimensions().equals(List.of(x.shape().size() - 1));
  }
}
