package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.picaflor.graph.Op;
import io.picaflor.graph.Op.BinaryFunction;
import io.picaflor.graph.Op.Reduction;
import io.picaflor.graph.Op.UnaryFunction;
import io.picaflor.graph.Tensor;

import org.junit.jupiter.api.Test;

/** Root mean square norms in the ways of exporters, and what only looks like one. */
class NormMatcherTest {
  private final Sketch s = new Sketch(1);
  private final Tensor x = s.floats("x", 0, 1, 4);
  private final Tensor weight = s.constant(new int[] {4}, 1, 2, 3, 4);

  private Tensor root(Tensor square, float epsilon) {
    Tensor mean = s.reduce(Reduction.MEAN, square);
    return s.unary(UnaryFunction.RSQRT, s.binary(BinaryFunction.ADD, mean, s.number(epsilon)));
  }

  private Tensor mul(Tensor a, Tensor b) {
    return s.binary(BinaryFunction.MUL, a, b);
  }

  private Form recognised(Tensor tensor) throws NotPlannable {
    return Recognised.of(s, tensor);
  }

  private void isNone(Tensor tensor) throws NotPlannable {
    Form form = recognised(tensor);
    assertFalse(Rewriting.reachable(java.util.List.of(form)).stream().anyMatch(f -> f.kind() instanceof Kind.RmsNorm),
        form.kind() + " of " + form.inputs());
  }

  @Test
  void theSquareMayBeAProductOrAFunction() throws Exception {
    assertEquals(new Kind.RmsNorm(0.5f), recognised(mul(x, root(mul(x, x), 0.5f))).kind());
    assertEquals(new Kind.RmsNorm(0.5f), recognised(mul(root(s.unary(UnaryFunction.SQUARE, x), 0.5f), x)).kind());
  }

  @Test
  void aWeightIsAnOperand() throws Exception {
    Form form = recognised(mul(mul(x, root(mul(x, x), 0.5f)), weight));
    assertEquals(new Kind.RmsNorm(0.5f), form.kind());
    assertEquals(2, form.inputs().size());
    assertEquals(2, recognised(mul(weight, mul(x, root(mul(x, x), 0.5f)))).inputs().size());
  }

  @Test
  void aWeightOfOnesIsNone() throws Exception {
    Tensor ones = s.constant(new int[] {4}, 1, 1, 1, 1);
    assertEquals(1, recognised(mul(mul(x, root(mul(x, x), 0.5f)), ones)).inputs().size());
  }

  @Test
  void ofEachHeadByItself() throws Exception {
    Tensor heads = s.floats("heads", 1, 1, 1, 3, 4);
    Form form = recognised(mul(mul(heads, root(mul(heads, heads), 0.5f)), weight));
    assertEquals(new Kind.RmsNorm(0.5f), form.kind());
    assertEquals(2, form.inputs().size());
  }

  @Test
  void meansOfAnotherDimensionAreNone() throws Exception {
    Tensor heads = s.floats("heads", 1, 1, 1, 4, 4);
    Tensor mean = s.op(new Op.Reduce(Reduction.MEAN, true), new int[] {1, 1, 1, 4}, mul(heads, heads), s.vector(2));
    Tensor root = s.unary(UnaryFunction.RSQRT, s.binary(BinaryFunction.ADD, mean, s.number(0.5f)));
    isNone(mul(heads, root));
  }

  @Test
  void meansThatAreSpreadAlongTheRowAreNone() throws Exception {
    Tensor heads = s.floats("heads", 1, 1, 1, 4, 4); // as many heads as channels: the root of head i times channel i
    Tensor root = s.reshape(root(mul(heads, heads), 0.5f), 1, 1, 1, 4);
    isNone(mul(heads, root));
  }

  @Test
  void sumsAreNone() throws Exception {
    Tensor sum = s.reduce(Reduction.SUM, mul(x, x));
    isNone(mul(x, s.unary(UnaryFunction.RSQRT, s.binary(BinaryFunction.ADD, sum, s.number(0.5f)))));
  }

  @Test
  void anEpsilonBehindTheRootIsNone() throws Exception {
    Tensor root = s.unary(UnaryFunction.RSQRT, s.reduce(Reduction.MEAN, mul(x, x)));
    isNone(mul(x, s.binary(BinaryFunction.ADD, root, s.number(0.5f))));
  }

  @Test
  void theRootOfAnotherValueIsNone() throws Exception {
    Tensor y = s.floats("y", 0, 1, 4);
    isNone(mul(x, root(mul(y, y), 0.5f)));
    isNone(mul(x, root(mul(x, y), 0.5f)));
  }

  @Test
  void aWeightForEachHeadIsNoWeightOfTheNorm() throws Exception {
    Tensor heads = s.floats("heads", 1, 1, 1, 4, 4);
    Tensor ofHeads = s.constant(new int[] {4, 1}, 1, 2, 3, 4);
    Form form = recognised(mul(mul(heads, root(mul(heads, heads), 0.5f)), ofHeads));
    assertFalse(form.kind() instanceof Kind.RmsNorm, form.toString());
    assertEquals(new Kind.RmsNorm(0.5f), form.input(0).kind());
  }
}
