package io.picaflor.plan;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;

import java.util.Optional;

/** Products with ones and sums with zeros, which exporters leave out of some signatures and not of others. */
final class IdentityMatcher implements Matcher {
  @Override
  public Optional<Form> match(Form form, FormGraph graph) {
    if (Elements.is(form, Op.BinaryFunction.MUL)) {
      return without(form, 1);
    }
    return Elements.is(form, Op.BinaryFunction.ADD) ? without(form, 0) : Optional.empty();
  }

  private static Optional<Form> without(Form form, float neutral) {
    for (int i = 0; i < 2; i++) {
      if (Elements.isWhole(form, i) && isAll(form.input(1 - i), neutral)) {
        return Optional.of(form.input(i));
      }
    }
    return Optional.empty();
  }

  private static boolean isAll(Form form, float number) {
    if (!(form.kind() instanceof Kind.Constant) || form.type() != ElementType.FLOAT32) {
      return false;
    }
    for (float value : ConstantValues.floats(form.tensor().orElseThrow())) {
      if (value != number) {
        return false;
      }
    }
    return true;
  }
}
