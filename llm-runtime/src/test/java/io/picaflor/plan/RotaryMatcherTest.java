package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op.BinaryFunction;
import io.picaflor.graph.Op.UnaryFunction;
import io.picaflor.graph.Tensor;

import java.util.List;

import org.junit.jupiter.api.Test;

/** Rotary embeddings in the two ways of exporters, and what only looks like one. */
class RotaryMatcherTest {
  private static final int HALF = 4;

  private final Sketch s = new Sketch(1);
  private final Tensor x = s.floats("x", 1, 1, 1, 3, 2 * HALF);
  private final Tensor angle =
      mul(s.cast(s.positions(), ElementType.FLOAT32), s.constant(new int[] {HALF}, 1, 2, 3, 4));

  private Tensor mul(Tensor a, Tensor b) {
    return s.binary(BinaryFunction.MUL, a, b);
  }

  private Tensor half(int from) {
    return s.slice(x, new int[] {0, 0, 0, from}, 1, 1, 3, HALF);
  }

  private Tensor cos() {
    return s.unary(UnaryFunction.COS, angle);
  }

  private Tensor sin() {
    return s.unary(UnaryFunction.SIN, angle);
  }

  private Tensor joined(Tensor a, Tensor b, BinaryFunction first, BinaryFunction second) {
    Tensor left = s.binary(first, mul(a, cos()), mul(b, sin()));
    Tensor right = s.binary(second, mul(b, cos()), mul(a, sin()));
    return s.join(3, left, right);
  }

  private static boolean isRotary(Form form) {
    return Rewriting.reachable(List.of(form)).stream().anyMatch(f -> f.kind() instanceof Kind.Rotary);
  }

  private void isNone(Tensor tensor) throws NotPlannable {
    Form form = Recognised.of(s, tensor);
    assertFalse(isRotary(form), form.kind() + " of " + form.inputs());
  }

  @Test
  void halvesThatAreJoined() throws Exception {
    Form form = Recognised.of(s, joined(half(0), half(HALF), BinaryFunction.SUB, BinaryFunction.ADD));
    assertEquals(new Kind.Rotary(), form.kind());
    assertEquals(new Kind.Angles(UnaryFunction.COS), form.input(1).kind());
    assertEquals(new Kind.Angles(UnaryFunction.SIN), form.input(2).kind());
  }

  private Tensor whole(UnaryFunction negation, int turnedFrom) {
    Tensor twice = s.join(1, s.reshape(angle, 1, HALF), s.reshape(angle, 1, HALF));
    Tensor turned = s.join(3, s.unary(negation, half(turnedFrom)), half(HALF - turnedFrom));
    return s.binary(BinaryFunction.ADD, mul(x, s.unary(UnaryFunction.COS, twice)),
        mul(turned, s.unary(UnaryFunction.SIN, twice)));
  }

  @Test
  void theWholeHeadAndItsTurnedHalves() throws Exception {
    Form form = Recognised.of(s, whole(UnaryFunction.NEG, HALF));
    assertEquals(new Kind.Rotary(), form.kind());
    assertEquals(new Kind.Angles(UnaryFunction.COS), form.input(1).kind());
    assertEquals(new Kind.Angles(UnaryFunction.SIN), form.input(2).kind());
  }

  @Test
  void swappedHalvesAreNone() throws Exception {
    isNone(joined(half(HALF), half(0), BinaryFunction.SUB, BinaryFunction.ADD));
    isNone(whole(UnaryFunction.NEG, 0));
  }

  @Test
  void aWrongSignIsNone() throws Exception {
    isNone(joined(half(0), half(HALF), BinaryFunction.ADD, BinaryFunction.SUB));
    isNone(joined(half(0), half(HALF), BinaryFunction.SUB, BinaryFunction.SUB));
    isNone(whole(UnaryFunction.ABS, HALF));
  }

  @Test
  void halvesOfSeveralValuesAreNone() throws Exception {
    Tensor other = s.slice(s.floats("y", 1, 1, 1, 3, 2 * HALF), new int[] {0, 0, 0, HALF}, 1, 1, 3, HALF);
    isNone(joined(half(0), other, BinaryFunction.SUB, BinaryFunction.ADD));
  }

  @Test
  void aPartOfTheHeadIsNone() throws Exception {
    Tensor wide = s.floats("wide", 1, 1, 1, 3, 2 * HALF + 2);
    Tensor a = s.slice(wide, new int[] {0, 0, 0, 0}, 1, 1, 3, HALF);
    Tensor b = s.slice(wide, new int[] {0, 0, 0, HALF}, 1, 1, 3, HALF);
    isNone(joined(a, b, BinaryFunction.SUB, BinaryFunction.ADD));
  }

  @Test
  void halvesThatAreJoinedAlongHeadsAreNone() throws Exception {
    Tensor left = s.binary(BinaryFunction.SUB, mul(half(0), cos()), mul(half(HALF), sin()));
    Tensor right = s.binary(BinaryFunction.ADD, mul(half(HALF), cos()), mul(half(0), sin()));
    isNone(s.join(2, left, right));
  }

  @Test
  void anglesOfWhatIsNoPositionAreComputedAsTheyAre() throws Exception {
    Tensor other = mul(s.floats("z", 0, 1), s.constant(new int[] {HALF}, 1, 2, 3, 4));
    assertFalse(Recognised.of(s, s.unary(UnaryFunction.COS, other)).kind() instanceof Kind.Angles);
  }
}
