package io.picaflor.plan;

import io.picaflor.graph.Op;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Looks at elementwise forms: which function it is, and which operand is repeated along which dimensions. */
final class Elements {
  private Elements() {}

  /** Whether a form is a function of two operands. */
  static boolean is(Form form, Op.BinaryFunction function) {
    return form.kind() instanceof Kind.Elementwise kind && kind.op() instanceof Op.Binary op
        && op.function() == function;
  }

  /** Whether a form is a function of one operand. */
  static boolean is(Form form, Op.UnaryFunction function) {
    return form.kind() instanceof Kind.Elementwise kind && kind.op() instanceof Op.Unary op
        && op.function() == function;
  }

  /** Whether an operand of an elementwise form has all dimensions of the result. */
  static boolean isWhole(Form form, int operand) {
    return form.input(operand).shape().equals(form.shape());
  }

  /** Whether an operand is repeated along all dimensions but the innermost ones that it has. */
  static boolean isInnermost(Form form, int operand) {
    int rank = form.shape().size();
    List<Integer> expected =
        IntStream.range(rank - form.input(operand).shape().size(), rank).boxed().toList();
    return form.kind() instanceof Kind.Elementwise kind && kind.dimensions().get(operand).equals(expected);
  }

  /** Whether an operand has one value for each innermost row. */
  static boolean isPerRow(Form form, int operand) {
    List<Integer> expected = IntStream.range(0, form.shape().size() - 1).boxed().toList();
    return form.kind() instanceof Kind.Elementwise kind && kind.dimensions().get(operand).equals(expected);
  }

  /** The operand of a product or sum that a number stands beside, with the number's place; empty if there is no number. */
  static Optional<Form> besideNumber(Form form) {
    for (int i = 0; i < 2; i++) {
      if (form.input(i).number().isPresent() && isWhole(form, 1 - i)) {
        return Optional.of(form.input(1 - i));
      }
    }
    return Optional.empty();
  }

  /** The number of a product or sum. */
  static float number(Form form) {
    return form.input(0).number().orElseGet(() -> form.input(1).number().orElseThrow());
  }

  /** Whether a form slices its operand's innermost dimension and nothing else, from a place on. */
  static boolean slicesInnermost(Form form, int from, int size) {
    if (!(form.kind() instanceof Kind.Slice kind)) {
      return false;
    }
    int last = kind.begin().size() - 1;
    for (int i = 0; i < last; i++) {
      if (kind.begin().get(i) != 0 || !kind.size().get(i).equals(form.input(0).shape().get(i))) {
        return false;
      }
    }
    return last >= 0 && kind.begin().get(last) == from && kind.size().get(last) == size;
  }
}
