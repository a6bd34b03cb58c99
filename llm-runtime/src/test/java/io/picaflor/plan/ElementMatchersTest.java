package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;
import io.picaflor.graph.Op.BinaryFunction;
import io.picaflor.graph.Op.UnaryFunction;
import io.picaflor.graph.Tensor;
import io.picaflor.kernels.Activation;

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;

/** Activations, scales, caps, and what has no effect. */
class ElementMatchersTest {
  private final Sketch s = new Sketch(1);
  private final Tensor x = s.floats("x", 0, 1, 4);
  private final Tensor y = s.floats("y", 0, 1, 4);

  private Kind kind(Tensor tensor) throws NotPlannable {
    return Recognised.of(s, tensor).kind();
  }

  private Tensor mul(Tensor a, Tensor b) {
    return s.binary(BinaryFunction.MUL, a, b);
  }

  private Tensor silu(Tensor of) {
    return mul(of, s.unary(UnaryFunction.LOGISTIC, of));
  }

  @Test
  void activations() throws Exception {
    for (var entry : Map.of(UnaryFunction.GELU, Activation.GELU, UnaryFunction.GELU_TANH, Activation.GELU_TANH,
        UnaryFunction.RELU, Activation.RELU).entrySet()) {
      assertEquals(new Kind.Activation(entry.getValue()), kind(s.unary(entry.getKey(), x)));
    }
    assertEquals(new Kind.Activation(Activation.SILU), kind(silu(x)));
    assertEquals(new Kind.Activation(Activation.SILU), kind(mul(s.unary(UnaryFunction.LOGISTIC, x), x)));
    assertFalse(kind(mul(x, s.unary(UnaryFunction.LOGISTIC, y))) instanceof Kind.Activation);
  }

  @Test
  void anActivationTimesAnotherValueIsAGateWithTheActivatedOneFirst() throws Exception {
    for (Tensor tensor : List.of(mul(silu(x), y), mul(y, silu(x)))) {
      Form form = Recognised.of(s, tensor);
      assertEquals(new Kind.Gated(Activation.SILU), form.kind());
      assertEquals(new Kind.Operand(io.picaflor.graph.OperandRole.EMBEDDINGS, "x"), form.input(0).kind());
    }
  }

  @Test
  void aGateThatIsRepeatedIsNone() throws Exception {
    Tensor heads = s.floats("heads", 1, 1, 1, 3, 4);
    assertFalse(kind(mul(heads, silu(x))) instanceof Kind.Gated);
  }

  @Test
  void scales() throws Exception {
    assertEquals(new Kind.Scale(3), kind(mul(x, s.number(3))));
    assertEquals(new Kind.Scale(3), kind(mul(s.constant(new int[] {1, 1}, 3), x)));
    assertFalse(kind(s.binary(BinaryFunction.ADD, x, s.number(3))) instanceof Kind.Scale);
  }

  @Test
  void capsMayDivideOrMultiplyByTheInverse() throws Exception {
    Tensor divided = s.unary(UnaryFunction.TANH, s.binary(BinaryFunction.DIV, x, s.number(30)));
    assertEquals(new Kind.SoftCap(30), kind(mul(divided, s.number(30))));
    Tensor multiplied = s.unary(UnaryFunction.TANH, mul(x, s.number(1f / 30)));
    assertEquals(new Kind.SoftCap(30), kind(mul(multiplied, s.number(30))));
  }

  @Test
  void capsOfTwoNumbersAreNone() throws Exception {
    Tensor tanh = s.unary(UnaryFunction.TANH, s.binary(BinaryFunction.DIV, x, s.number(30)));
    assertFalse(kind(mul(tanh, s.number(29.9f))) instanceof Kind.SoftCap);
    Tensor turned = s.unary(UnaryFunction.TANH, s.binary(BinaryFunction.DIV, s.number(30), x));
    assertFalse(kind(mul(turned, s.number(30))) instanceof Kind.SoftCap);
    Tensor other = s.unary(UnaryFunction.TANH, mul(x, s.number(30)));
    assertFalse(kind(mul(other, s.number(30))) instanceof Kind.SoftCap);
  }

  @Test
  void onesAndZerosAreLeftOut() throws Exception {
    FormGraph graph = new FormGraph();
    Form bare = s.lift(graph, x);
    Tensor ones = s.constant(new int[] {4}, 1, 1, 1, 1);
    for (Tensor tensor : List.of(mul(x, ones), mul(s.number(1), x), s.binary(BinaryFunction.ADD, x, s.number(0)))) {
      assertEquals(bare, Recognised.of(graph, s.lift(graph, tensor), 16));
    }
    for (Tensor tensor : List.of(mul(x, s.constant(new int[] {4}, 1, 1, 1, 2)), s.binary(BinaryFunction.SUB,
        s.number(0), x), s.binary(BinaryFunction.ADD, x, s.constant(new int[] {4}, 0, 0, Float.NaN, 0)))) {
      assertFalse(Recognised.of(graph, s.lift(graph, tensor), 16) == bare);
    }
  }

  @Test
  void aConstantThatMakesAValueWiderIsNotLeftOut() throws Exception {
    Tensor wide = s.constant(new int[] {2, 4}, 1, 1, 1, 1, 1, 1, 1, 1);
    Form form = Recognised.of(s, s.op(new Op.Binary(BinaryFunction.MUL, Op.Activation.NONE), ElementType.FLOAT32,
        new int[] {2, 4}, x, wide));
    assertEquals(List.of(2, 4), form.shape());
  }
}
