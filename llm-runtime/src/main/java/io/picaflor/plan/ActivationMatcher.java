package io.picaflor.plan;

import io.picaflor.graph.Op;
import io.picaflor.kernels.Activation;

import java.util.List;
import java.util.Optional;

/** Activations, {@code x * logistic(x)} among them, and {@code activation(gate) * up}. */
final class ActivationMatcher implements Matcher {
  @Override
  public Optional<Form> match(Form form, FormGraph graph) {
    if (form.kind() instanceof Kind.Elementwise kind && kind.op() instanceof Op.Unary op) {
      Activation function = switch (op.function()) {
        case GELU -> Activation.GELU;
        case GELU_TANH -> Activation.GELU_TANH;
        case RELU -> Activation.RELU;
        default -> null;
      };
      return function == null ? Optional.empty() : activation(function, form.input(0), graph);
    }
    if (!Elements.is(form, Op.BinaryFunction.MUL) || !Elements.isWhole(form, 0) || !Elements.isWhole(form, 1)) {
      return Optional.empty();
    }
    for (int i = 0; i < 2; i++) {
      Form x = form.input(i);
      Form other = form.input(1 - i);
      if (Elements.is(other, Op.UnaryFunction.LOGISTIC) && other.input(0) == x) {
        return activation(Activation.SILU, x, graph);
      }
    }
    for (int i = 0; i < 2; i++) {
      if (form.input(i).kind() instanceof Kind.Activation(Activation function)) {
        return Optional.of(graph.form(new Kind.Gated(function), List.of(form.input(i).input(0), form.input(1 - i)),
            form.type(), form.shape()));
      }
    }
    return Optional.empty();
  }

  private static Optional<Form> activation(Activation function, Form x, FormGraph graph) {
    return Optional.of(graph.form(new Kind.Activation(function), List.of(x), x.type(), x.shape()));
  }
}
