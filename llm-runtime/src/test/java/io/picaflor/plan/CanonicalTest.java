package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;
import io.picaflor.graph.Op.BinaryFunction;
import io.picaflor.graph.Op.Reduction;
import io.picaflor.graph.Op.UnaryFunction;
import io.picaflor.graph.Tensor;

import java.util.List;

import org.junit.jupiter.api.Test;

/** Nodes for one token as forms: views vanish, and of several ways to write a thing one is left. */
class CanonicalTest {
  private final FormGraph graph = new FormGraph();
  private final Sketch s = new Sketch(1);
  private final Tensor x = s.floats("x", 0, 1, 3, 4);

  private Form form(Tensor tensor) throws NotPlannable {
    return s.lift(graph, tensor);
  }

  @Test
  void dimensionsOfSizeOneVanish() throws Exception {
    assertSame(form(x), form(s.reshape(x, 3, 1, 1, 4)));
    assertSame(form(x), form(s.transpose(s.reshape(x, 1, 3, 1, 4), 1, 0, 2, 3)));
    assertSame(form(x), form(s.reshape(s.reshape(x, 12), 3, 4)));
    assertEquals(List.of(12), form(s.reshape(x, 12)).shape());
  }

  @Test
  void slicesOfAllAreNone() throws Exception {
    assertSame(form(x), form(s.slice(x, new int[] {0, 0, 0}, 1, 3, 4)));
  }

  @Test
  void transpositionsThatMoveValuesStay() throws Exception {
    assertEquals(new Kind.Transpose(List.of(1, 0)), form(s.transpose(x, 0, 2, 1)).kind());
  }

  @Test
  void slicesTakeTheirDimensionsAlong() throws Exception {
    Form form = form(s.slice(x, new int[] {0, 1, 2}, 1, 1, 2));
    assertEquals(new Kind.Slice(List.of(1, 2), List.of(1, 2)), form.kind());
    assertEquals(List.of(2), form.shape());
  }

  @Test
  void stridedSlicesOfAllAreNoneUnlessTheyTurnItRound() throws Exception {
    Tensor same = s.op(new Op.StridedSlice(0, 0, 0, 0, 1), new int[] {3, 4}, x, s.vector(0, 0, 0), s.vector(1, 3, 4),
        s.vector(1, 1, 1));
    assertSame(form(x), form(same));
    Tensor turned = s.op(new Op.StridedSlice(7, 7, 0, 0, 0), new int[] {1, 3, 4}, x, s.vector(0, 0, 0),
        s.vector(0, 0, 0), s.vector(1, 1, -1));
    assertNotSame(form(x), form(turned));
  }

  @Test
  void splitsAreSlices() throws Exception {
    List<Tensor> parts = s.ops(new Op.Split(), ElementType.FLOAT32, List.of(new int[] {1, 3, 2}, new int[] {1, 3, 2}),
        s.vector(2), x);
    assertSame(form(s.slice(x, new int[] {0, 0, 0}, 1, 3, 2)), form(parts.get(0)));
    assertSame(form(s.slice(x, new int[] {0, 0, 2}, 1, 3, 2)), form(parts.get(1)));
    List<Tensor> uneven = s.ops(new Op.SplitV(), ElementType.FLOAT32, List.of(new int[] {1, 3, 1}, new int[] {1, 3, 3}),
        x, s.vector(1, 3), s.vector(2));
    assertSame(form(s.slice(x, new int[] {0, 0, 1}, 1, 3, 3)), form(uneven.get(1)));
  }

  @Test
  void stacksOfOneValueAreItsRepetition() throws Exception {
    Tensor stacked = s.op(new Op.Pack(2), new int[] {1, 3, 2, 4}, x, x);
    Tensor broadcast = s.op(new Op.BroadcastTo(), new int[] {1, 3, 2, 4}, s.reshape(x, 1, 3, 1, 4),
        s.vector(1, 3, 2, 4));
    assertSame(form(broadcast), form(stacked));
    assertEquals(new Kind.Broadcast(List.of(0, 2)), form(stacked).kind());
    assertEquals(new Kind.Concatenation(1), form(s.op(new Op.Pack(2), new int[] {1, 3, 2, 4}, x,
        s.unary(UnaryFunction.EXP, x))).kind());
    assertEquals(new Kind.Concatenation(0), form(s.join(1, x, x)).kind(), "3 and 3 rows are no stack of two");
  }

  @Test
  void joinsOfOneAreNone() throws Exception {
    assertSame(form(x), form(s.join(1, x)));
    assertSame(form(x), form(s.op(new Op.Pack(0), new int[] {1, 1, 3, 4}, x)));
  }

  @Test
  void tilesOfMoreThanOneValueAreNoBroadcast() throws Exception {
    Tensor row = s.floats("row", 0, 1, 4);
    Form tiled = form(s.op(new Op.Tile(), new int[] {1, 8}, row, s.vector(1, 2)));
    assertTrue(tiled.kind() instanceof Kind.Other, tiled.kind().toString());
    assertEquals(new Kind.Broadcast(List.of(1)),
        form(s.op(new Op.Tile(), new int[] {2, 4}, row, s.vector(2, 1))).kind());
  }

  @Test
  void reductionsOfSizeOneAreNone() throws Exception {
    assertSame(form(x), form(s.op(new Op.Reduce(Reduction.SUM, false), new int[] {3, 4}, x, s.vector(0))));
    assertEquals(new Kind.Reduce(Reduction.MEAN, List.of(1)), form(s.op(new Op.Reduce(Reduction.MEAN, true),
        new int[] {1, 3, 1}, x, s.vector(-1))).kind());
  }

  @Test
  void operandsOfElementwiseFormsSayWhichDimensionsTheyHave() throws Exception {
    Tensor column = s.floats("column", 0, 1, 3, 1);
    Form form = form(s.binary(BinaryFunction.ADD, x, column));
    assertTrue(Elements.isPerRow(form, 1));
    Form inner = form(s.binary(BinaryFunction.ADD, x, s.constant(new int[] {4}, 1, 2, 3, 4)));
    assertTrue(Elements.isInnermost(inner, 1) && !Elements.isPerRow(inner, 1));
  }

  @Test
  void productsAreWrittenWithLabels() throws Exception {
    Tensor y = s.floats("y", 0, 1, 5, 4);
    Form adjoint = form(s.op(new Op.BatchMatmul(false, true), new int[] {1, 3, 5}, x, y));
    assertEquals(new Kind.Product(List.of(0, 1), List.of(2, 1), List.of(0, 2)), adjoint.kind());
    Tensor z = s.floats("z", 0, 1, 4, 5);
    Form plain = form(s.op(new Op.BatchMatmul(false, false), new int[] {1, 3, 5}, x, z));
    assertEquals(new Kind.Product(List.of(0, 1), List.of(1, 2), List.of(0, 2)), plain.kind());
    Tensor turned = s.floats("turned", 0, 1, 4, 3);
    Form left = form(s.op(new Op.BatchMatmul(true, false), new int[] {1, 3, 5}, turned, z));
    assertEquals(new Kind.Product(List.of(0, 1), List.of(0, 2), List.of(1, 2)), left.kind());
  }

  @Test
  void rightOperandsWithoutHeadsAreTheSameForAll() throws Exception {
    Tensor heads = s.floats("heads", 0, 2, 3, 4);
    Form form = form(s.op(new Op.BatchMatmul(false, true), new int[] {2, 3, 5}, heads, s.floats("y", 0, 5, 4)));
    assertEquals(new Kind.Product(List.of(0, 1, 2), List.of(3, 2), List.of(0, 1, 3)), form.kind());
  }

  @Test
  void anActivationOfANodeIsAFormOfItsOwnThatNoNodeComputes() throws Exception {
    Tensor layer = s.op(new Op.FullyConnected(Op.Activation.RELU), new int[] {1, 3, 5}, x, s.matrix(5, 4, 1), null);
    Form form = form(layer);
    assertTrue(Elements.is(form, UnaryFunction.RELU));
    assertEquals(new Kind.Linear(), form.input(0).kind());
    assertTrue(form.node().isEmpty() && form.input(0).node().isEmpty());
    Form difference = form(s.op(new Op.Binary(BinaryFunction.SUB, Op.Activation.TANH), new int[] {1, 3, 4}, x, x));
    assertTrue(difference.input(0).node().isEmpty(), "the node computes the tangent as well");
  }

  @Test
  void activationsThatNoFormHasAreRefused() {
    Tensor sum = s.op(new Op.Binary(BinaryFunction.ADD, Op.Activation.RELU6), new int[] {1, 3, 4}, x, x);
    var e = assertThrows(NotPlannable.class, () -> form(sum));
    assertTrue(e.getMessage().contains("the activation RELU6"), e.getMessage());
  }

  @Test
  void layersOfSeveralRowsKeepThem() throws Exception {
    assertEquals(List.of(3, 5), form(s.linear(x, s.matrix(5, 4, 1))).shape());
    Form flat = form(s.op(new Op.FullyConnected(Op.Activation.NONE), new int[] {2, 5}, s.floats("y", 0, 1, 4, 3),
        s.matrix(5, 6, 1), null));
    assertEquals(List.of(2, 5), flat.shape());
  }

  @Test
  void equalConstantsAreOne() throws Exception {
    assertSame(form(s.binary(BinaryFunction.ADD, x, s.number(2))), form(s.binary(BinaryFunction.ADD, x, s.number(2))));
    assertNotSame(form(s.binary(BinaryFunction.ADD, x, s.number(2))),
        form(s.binary(BinaryFunction.ADD, x, s.number(3))));
  }

  @Test
  void otherOperationsAreTellApartByTheirParameters() throws Exception {
    Tensor zero = s.op(new Op.Cumsum(false, false), new int[] {1, 3, 4}, x, s.ints(new int[0], 1));
    Tensor one = s.op(new Op.Cumsum(false, false), new int[] {1, 3, 4}, x, s.ints(new int[0], 2));
    assertNotSame(form(zero), form(one));
  }
}
