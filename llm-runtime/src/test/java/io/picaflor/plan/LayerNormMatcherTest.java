package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.picaflor.graph.Op.BinaryFunction;
import io.picaflor.graph.Op.Reduction;
import io.picaflor.graph.Op.UnaryFunction;
import io.picaflor.graph.Tensor;

import java.util.List;

import org.junit.jupiter.api.Test;

/** Layer norms in the way of exporters, and what only looks like one. */
class LayerNormMatcherTest {
  private final Sketch s = new Sketch(1);
  private final Tensor x = s.floats("x", 0, 1, 4);
  private final Tensor weight = s.constant(new int[] {4}, 1, 2, 3, 4);
  private final Tensor bias = s.constant(new int[] {4}, 5, 6, 7, 8);

  private Tensor binary(BinaryFunction function, Tensor a, Tensor b) {
    return s.binary(function, a, b);
  }

  /** {@code x * r + (zero - r * mean)}. */
  private Tensor norm(Tensor of, float zero, BinaryFunction sum) {
    Tensor mean = s.reduce(Reduction.MEAN, x);
    Tensor variance = s.reduce(Reduction.MEAN, binary(BinaryFunction.SQUARED_DIFFERENCE, of, mean));
    Tensor root = s.unary(UnaryFunction.RSQRT, binary(BinaryFunction.ADD, variance, s.number(0.5f)));
    Tensor offset = binary(BinaryFunction.SUB, s.number(zero), binary(BinaryFunction.MUL, root, mean));
    return binary(sum, binary(BinaryFunction.MUL, x, root), offset);
  }

  private void isNone(Tensor tensor) throws NotPlannable {
    Form form = Recognised.of(s, tensor);
    assertFalse(Rewriting.reachable(List.of(form)).stream().anyMatch(f -> f.kind() instanceof Kind.LayerNorm),
        form.kind() + " of " + form.inputs());
  }

  @Test
  void withoutWeightWithWeightAndWithBias() throws Exception {
    Tensor plain = norm(x, 0, BinaryFunction.ADD);
    Tensor weighed = binary(BinaryFunction.MUL, plain, weight);
    Tensor whole = binary(BinaryFunction.ADD, weighed, bias);
    int operands = 1;
    for (Tensor tensor : new Tensor[] {plain, weighed, whole}) {
      Form form = Recognised.of(s, tensor);
      assertEquals(new Kind.LayerNorm(0.5f), form.kind());
      assertEquals(operands++, form.inputs().size());
    }
  }

  @Test
  void aBiasBeforeTheWeightIsNotTheNorms() throws Exception {
    Form form = Recognised.of(s, binary(BinaryFunction.MUL, binary(BinaryFunction.ADD, norm(x, 0, BinaryFunction.ADD),
        bias), weight));
    assertFalse(form.kind() instanceof Kind.LayerNorm, form.toString());
  }

  @Test
  void aVarianceOfAnotherValueIsNone() throws Exception {
    isNone(norm(s.floats("y", 0, 1, 4), 0, BinaryFunction.ADD));
  }

  @Test
  void anOffsetOfTheWrongSignIsNone() throws Exception {
    isNone(norm(x, 0, BinaryFunction.SUB));
    isNone(norm(x, 1, BinaryFunction.ADD));
  }
}
