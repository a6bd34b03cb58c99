package io.picaflor.plan;

import io.picaflor.graph.Op;

import java.util.List;
import java.util.Optional;

/** {@code x * number}, and {@code cap * tanh(x / cap)}. */
final class ScaleMatcher implements Matcher {
  @Override
  public Optional<Form> match(Form form, FormGraph graph) {
    if (!Elements.is(form, Op.BinaryFunction.MUL)) {
      return Optional.empty();
    }
    Form x = Elements.besideNumber(form).orElse(null);
    if (x == null) {
      return Optional.empty();
    }
    float number = Elements.number(form);
    if (Elements.is(x, Op.UnaryFunction.TANH)) {
      Form inner = x.input(0);
      boolean multiplied = inner.kind() instanceof Kind.Scale(float factor) && isInverse(factor, number);
      boolean divided =
          Elements.is(inner, Op.BinaryFunction.DIV) && inner.input(1).number().equals(Optional.of(number));
      if (multiplied || divided) {
        return Optional.of(
            graph.form(new Kind.SoftCap(number), List.of(inner.input(0)), form.type(), form.shape()));
      }
    }
    return Optional.of(graph.form(new Kind.Scale(number), List.of(x), form.type(), form.shape()));
  }

  /** Whether exporters have rounded one to be the inverse of the other. */
  private static boolean isInverse(float a, float b) {
    return Math.abs(a * b - 1) <= Math.ulp(1f) * 2;
  }
}
