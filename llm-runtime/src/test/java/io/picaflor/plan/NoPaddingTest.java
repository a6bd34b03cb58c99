package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;
import io.picaflor.graph.OperandRole;
import io.picaflor.graph.Shape;
import io.picaflor.graph.Tensor;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NoPaddingTest {
  private static final int TOKENS = 16;
  private static final Op DIFFERS = new Op.Compare(Op.Comparison.NOT_EQUAL);
  private static final Op SUM = new Op.Reduce(Op.Reduction.SUM, false);
  private static final Op ADD = new Op.Binary(Op.BinaryFunction.ADD, Op.Activation.NONE);

  private final MadeForms forms = new MadeForms();
  private final NoPadding padding = new NoPadding(forms.graph, TOKENS);
  private final Form ids =
      forms.graph.form(new Kind.Operand(OperandRole.TOKENS, "tokens"), List.of(), ElementType.INT32,
          List.of());
  private final Lifted tokens = new Lifted(ids, Shape.of(1, TOKENS), Optional.of(TokenAxis.of(1)), false);

  private Lifted constant(Tensor tensor) {
    return new Lifted(forms.constant(tensor), tensor.shape(), Optional.empty(), false);
  }

  private Optional<Lifted> of(Op op, Tensor result, Lifted... inputs) {
    return padding.of(MadeForms.node(op, 9, result, Map.of()), List.of(inputs));
  }

  private Lifted test() {
    return of(DIFFERS, MadeForms.variable(ElementType.BOOL, 1, TOKENS), tokens, constant(MadeForms.ints(0)))
        .orElseThrow();
  }

  private Lifted count() {
    Lifted cast = of(new Op.Cast(), MadeForms.variable(ElementType.FLOAT32, 1, TOKENS), test()).orElseThrow();
    assertEquals(tokens.axis(), cast.axis());
    Lifted sum = of(SUM, MadeForms.variable(ElementType.FLOAT32), cast).orElseThrow();
    return of(new Op.Cast(), MadeForms.variable(ElementType.INT32), sum).orElseThrow();
  }

  @Test
  void aTestForPaddingIsTrueForEachToken() {
    assertEquals(tokens.axis(), test().axis());
    assertEquals(1,
        test().form().tensor().orElseThrow().data().orElseThrow().get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0));
  }

  @Test
  void theTestForAnotherTokenOrOfAnotherValueIsNone() {
    Tensor result = MadeForms.variable(ElementType.BOOL, 1, TOKENS);
    assertEquals(Optional.empty(), of(DIFFERS, result, tokens, constant(MadeForms.ints(3))));
    assertEquals(Optional.empty(),
        of(new Op.Compare(Op.Comparison.EQUAL), result, tokens, constant(MadeForms.ints(0))));
    Form positions =
        forms.graph.form(new Kind.Operand(OperandRole.POSITIONS, "positions"), List.of(), ElementType.INT32,
            List.of());
    Lifted other = new Lifted(positions, tokens.shape(), tokens.axis(), false);
    assertEquals(Optional.empty(), of(DIFFERS, result, other, constant(MadeForms.ints(0))));
  }

  @Test
  void theRowsThatCountAreAllRows() {
    assertArrayEquals(new int[] {TOKENS}, ConstantValues.ints(count().form().tensor().orElseThrow()).orElseThrow());
    assertEquals(Optional.empty(), count().axis());
  }

  @Test
  void placesBehindTheRowsThatCountAreConstants() {
    Lifted count = count();
    Lifted one = new Lifted(count.form(), Shape.of(1), count.axis(), false);
    Lifted places =
        of(ADD, MadeForms.variable(ElementType.INT32, 2), one, constant(MadeForms.ints(0, 1))).orElseThrow();
    assertArrayEquals(new int[] {TOKENS, TOKENS + 1},
        ConstantValues.ints(places.form().tensor().orElseThrow()).orElseThrow());
  }

  @Test
  void constantsThatComeOfNoTestAreLeftAlone() {
    Lifted two = constant(MadeForms.ints(2));
    assertEquals(Optional.empty(), of(new Op.Cast(), MadeForms.variable(ElementType.FLOAT32, 1), two));
    assertEquals(Optional.empty(), of(ADD, MadeForms.variable(ElementType.INT32, 1), two, two));
  }

  @Test
  void decodingThatTestsForPaddingIsFound() {
    Form zero = forms.constant(MadeForms.ints(0));
    Form three = forms.constant(MadeForms.ints(3));
    assertTrue(NoPadding.isTest(forms.elementwise(DIFFERS, ids, zero)));
    assertFalse(NoPadding.isTest(forms.elementwise(DIFFERS, ids, three)));
  }
}
