package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;
import io.picaflor.graph.Shape;
import io.picaflor.graph.Tensor;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RepeatedConstantsTest {
  private static final Op ADD = new Op.Binary(Op.BinaryFunction.ADD, Op.Activation.NONE);
  private static final Shape RESULT = Shape.of(2, 3, 2);

  private final MadeForms forms = new MadeForms();
  private final Lifted tokens =
      new Lifted(forms.operand("x", 2, 2), RESULT, Optional.of(TokenAxis.of(1)), false);

  private Lifted constant(Tensor tensor) {
    return new Lifted(forms.constant(tensor), tensor.shape(), Optional.empty(), false);
  }

  private Lifted ofOne(Op op, Tensor tensor) {
    return RepeatedConstants.of(forms.graph, op, List.of(tokens, constant(tensor)), RESULT).get(1);
  }

  @Test
  void aConstantThatIsTheSameForAllTokensStandsForOne() {
    Lifted one = ofOne(ADD, MadeForms.tensor(new int[] {2, 3, 2}, 1, 2, 1, 2, 1, 2, 5, 6, 5, 6, 5, 6));
    assertEquals(Shape.of(2, 1, 2), one.shape());
    assertArrayEquals(new float[] {1, 2, 5, 6}, ConstantValues.floats(one.form().tensor().orElseThrow()));
    assertSame(forms.constant(new int[] {2, 1, 2}, 1, 2, 5, 6), one.form(),
        "the constant of the signature for one token");
  }

  @Test
  void dimensionsAreCountedFromTheInnermost() {
    Lifted one = ofOne(ADD, MadeForms.tensor(new int[] {3, 2}, 7, 8, 7, 8, 7, 8));
    assertEquals(Shape.of(1, 2), one.shape());
    Lifted none = ofOne(ADD, MadeForms.tensor(new int[] {2}, 7, 7));
    assertEquals(Shape.of(2), none.shape());
  }

  @Test
  void aConstantThatDiffersForOneTokenIsLeftAlone() {
    Tensor tensor = MadeForms.tensor(new int[] {2, 3, 2}, 1, 2, 1, 2, 1, 2, 5, 6, 5, 6, 5, 7);
    assertEquals(tensor.shape(), ofOne(ADD, tensor).shape());
  }

  @Test
  void conditionsAreComparedBitForBit() {
    Tensor same = MadeForms.tensor(new int[] {3, 1}, ElementType.BOOL, MemorySegment.ofArray(new byte[] {1, 1, 1}));
    Tensor other = MadeForms.tensor(new int[] {3, 1}, ElementType.BOOL, MemorySegment.ofArray(new byte[] {1, 0, 1}));
    for (Tensor tensor : List.of(same, other)) {
      List<Lifted> inputs = List.of(constant(tensor), tokens, tokens);
      Lifted one = RepeatedConstants.of(forms.graph, new Op.Select(false), inputs, RESULT).getFirst();
      assertEquals(tensor == same ? Shape.of(1, 1) : tensor.shape(), one.shape());
    }
  }

  @Test
  void operandsOfOtherOperationsAreLeftAlone() {
    Tensor tensor = MadeForms.tensor(new int[] {3, 2}, 1, 1, 1, 1, 1, 1);
    assertEquals(tensor.shape(), ofOne(new Op.BatchMatmul(false, false), tensor).shape());
  }
}
