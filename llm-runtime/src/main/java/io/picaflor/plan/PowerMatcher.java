package io.picaflor.plan;

import io.picaflor.graph.Op;

import java.util.List;
import java.util.Optional;

/** Powers of 0.5 and -0.5, which exporters write as roots in some signatures and as powers in others: roots. */
final class PowerMatcher implements Matcher {
  @Override
  public Optional<Form> match(Form form, FormGraph graph) {
    if (!Elements.is(form, Op.BinaryFunction.POW) || !Elements.isWhole(form, 0)) {
      return Optional.empty();
    }
    Float exponent = form.input(1).number().orElse(null);
    if (exponent == null || Math.abs(exponent) != 0.5f) {
      return Optional.empty();
    }
    Op.UnaryFunction root = exponent > 0 ? Op.UnaryFunction.SQRT : Op.UnaryFunction.RSQRT;
    Kind.Elementwise power = (Kind.Elementwise) form.kind();
    // The node stays that of the power: it computes the root of its one operand that is no constant.
    return Optional.of(graph.form(new Kind.Elementwise(new Op.Unary(root), power.dimensions().subList(0, 1)),
        List.of(form.input(0)), form.type(), form.shape(), form.node(), form.tensor()));
  }
}
