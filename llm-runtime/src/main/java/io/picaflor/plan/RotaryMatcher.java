package io.picaflor.plan;

import io.picaflor.graph.Op;

import java.util.List;
import java.util.Optional;

/**
 * Rotary embedding in halves, in the two ways of exporters: both halves computed and joined, or the whole head times cosines
 * plus its turned half times sines, each of which stand there twice.
 */
final class RotaryMatcher implements Matcher {
  @Override
  public Optional<Form> match(Form form, FormGraph graph) {
    if (form.kind() instanceof Kind.Elementwise kind && kind.op() instanceof Op.Unary op) {
      return angles(op.function(), form, graph);
    }
    if (form.kind() instanceof Kind.Concatenation && form.inputs().size() == 2) {
      return joined(form, graph);
    }
    return Elements.is(form, Op.BinaryFunction.ADD) ? whole(form, graph) : Optional.empty();
  }

  /** {@code cos(position * frequency)}, and of the same joined with itself. */
  private static Optional<Form> angles(Op.UnaryFunction function, Form form, FormGraph graph) {
    if (function != Op.UnaryFunction.COS && function != Op.UnaryFunction.SIN) {
      return Optional.empty();
    }
    Form angle = form.input(0);
    if (isTwice(angle)) {
      return angle(function, angle.input(0), graph)
          .map(half -> graph.form(angle.kind(), List.of(half, half), form.type(), form.shape()));
    }
    return angle(function, angle, graph);
  }

  private static boolean isTwice(Form form) {
    return form.kind() instanceof Kind.Concatenation(int dimension) && dimension == form.shape().size() - 1
        && form.inputs().size() == 2 && form.input(0) == form.input(1);
  }

  private static Optional<Form> angle(Op.UnaryFunction function, Form angle, FormGraph graph) {
    if (!Elements.is(angle, Op.BinaryFunction.MUL)) {
      return Optional.empty();
    }
    for (int i = 0; i < 2; i++) {
      Form position = angle.input(i);
      Form frequencies = angle.input(1 - i);
      boolean casts = position.kind() instanceof Kind.Elementwise kind && kind.op() instanceof Op.Cast
          && position.shape().isEmpty() && position.input(0).kind() instanceof Kind.Operand;
      if (casts && frequencies.kind() instanceof Kind.Constant && frequencies.shape().size() == 1) {
        return Optional.of(graph.form(new Kind.Angles(function), List.of(position.input(0), frequencies), angle.type(),
            angle.shape()));
      }
    }
    return Optional.empty();
  }

  /** {@code [a * cos - b * sin | b * cos + a * sin]}. */
  private static Optional<Form> joined(Form form, FormGraph graph) {
    Form left = form.input(0);
    Form right = form.input(1);
    if (!Elements.is(left, Op.BinaryFunction.SUB) || !Elements.is(right, Op.BinaryFunction.ADD)) {
      return Optional.empty();
    }
    Form aCos = left.input(0);
    Form bSin = left.input(1);
    if (!isTurned(aCos) || !isTurned(bSin)) {
      return Optional.empty();
    }
    Form a = turned(aCos);
    Form b = turned(bSin);
    Form cos = by(aCos);
    Form sin = by(bSin);
    int half = form.width() / 2;
    boolean halves = form.width() % 2 == 0 && a.kind() instanceof Kind.Slice && b.kind() instanceof Kind.Slice
        && a.input(0) == b.input(0) && a.input(0).shape().equals(form.shape())
        && Elements.slicesInnermost(a, 0, half) && Elements.slicesInnermost(b, half, half);
    boolean crossed = isProduct(right.input(0), b, cos) && isProduct(right.input(1), a, sin)
        || isProduct(right.input(1), b, cos) && isProduct(right.input(0), a, sin);
    return halves && crossed ? Optional.of(rotary(graph, a.input(0), cos, sin)) : Optional.empty();
  }

  private static boolean isTurned(Form product) {
    return Elements.is(product, Op.BinaryFunction.MUL)
        && (product.input(0).kind() instanceof Kind.Slice || product.input(1).kind() instanceof Kind.Slice)
        && Elements.isInnermost(product, 0) && Elements.isInnermost(product, 1);
  }

  private static Form turned(Form product) {
    return product.input(0).kind() instanceof Kind.Slice ? product.input(0) : product.input(1);
  }

  private static Form by(Form product) {
    return product.input(0).kind() instanceof Kind.Slice ? product.input(1) : product.input(0);
  }

  private static boolean isProduct(Form form, Form x, Form y) {
    return Elements.is(form, Op.BinaryFunction.MUL)
        && (form.input(0) == x && form.input(1) == y || form.input(0) == y && form.input(1) == x);
  }

  /** {@code x * [cos | cos] + [-b | a] * [sin | sin]} of {@code x = [a | b]}. */
  private static Optional<Form> whole(Form form, FormGraph graph) {
    for (int i = 0; i < 2; i++) {
      Form straight = form.input(i);
      Form crossed = form.input(1 - i);
      if (!Elements.is(straight, Op.BinaryFunction.MUL) || !Elements.is(crossed, Op.BinaryFunction.MUL)) {
        return Optional.empty();
      }
      for (int j = 0; j < 2; j++) {
        Form x = straight.input(j);
        Form cos = straight.input(1 - j);
        if (isTwice(cos) && x.shape().equals(form.shape()) && Elements.isInnermost(straight, 1 - j)) {
          Optional<Form> sin = sines(crossed, x);
          if (sin.isPresent() && cos.input(0).shape().size() == 1) {
            return Optional.of(rotary(graph, x, cos.input(0), sin.get()));
          }
        }
      }
    }
    return Optional.empty();
  }

  /** The sines of {@code [-b | a] * [sin | sin]}. */
  private static Optional<Form> sines(Form crossed, Form x) {
    for (int i = 0; i < 2; i++) {
      Form turned = crossed.input(i);
      Form sin = crossed.input(1 - i);
      int half = x.width() / 2;
      boolean matches = isTwice(sin) && turned.kind() instanceof Kind.Concatenation && turned.inputs().size() == 2
          && turned.shape().equals(x.shape()) && Elements.isInnermost(crossed, 1 - i)
          && isNegative(turned.input(0)) && turned.input(0).input(0).inputs().equals(List.of(x))
          && Elements.slicesInnermost(turned.input(0).input(0), half, half)
          && turned.input(1).inputs().equals(List.of(x)) && Elements.slicesInnermost(turned.input(1), 0, half);
      if (matches && sin.input(0).shape().size() == 1) {
        return Optional.of(sin.input(0));
      }
    }
    return Optional.empty();
  }

  private static boolean isNegative(Form form) {
    return form.kind() instanceof Kind.Scale(float factor) && factor == -1 || Elements.is(form, Op.UnaryFunction.NEG);
  }

  private static Form rotary(FormGraph graph, Form x, Form cos, Form sin) {
    return graph.form(new Kind.Rotary(), List.of(x, cos, sin), x.type(), x.shape());
  }
}
