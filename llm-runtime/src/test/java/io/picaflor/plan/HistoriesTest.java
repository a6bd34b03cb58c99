package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;
import io.picaflor.graph.Shape;
import io.picaflor.graph.Tensor;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A call of 16 tokens with 2 rows of 4 channels before. */
class HistoriesTest {
  private static final Op JOIN = new Op.Concatenation(2, Op.Activation.NONE);
  private static final Op CONVOLUTION = new Op.DepthwiseConv2d(1, 1, 1, 1, Op.Activation.NONE);
  private static final Op GATHER = new Op.Gather(2, 0);
  private static final Tensor JOINED = MadeForms.variable(ElementType.FLOAT32, 1, 4, 18);
  private static final Tensor CONVOLVED = MadeForms.variable(ElementType.FLOAT32, 1, 1, 16, 4);
  private static final int HISTORY = 50;
  private static final int FLAT = 51;
  private static final int TURNED = 52;

  private final MadeForms forms = new MadeForms();
  private final Histories histories = new Histories(forms.graph, 16);
  private final Form state = forms.graph.form(new Kind.State("c"), List.of(), ElementType.FLOAT32, List.of(4, 2));
  private final Form row = forms.operand("x", 4);
  private final Form window =
      forms.graph.form(new Kind.Window(1), List.of(state, row), ElementType.FLOAT32, List.of(4, 3));

  private boolean begin(Lifted first, Lifted second) {
    return histories.begins(MadeForms.node(JOIN, HISTORY, JOINED, Map.of()), List.of(first, second));
  }

  private Lifted before() {
    return new Lifted(state, Shape.of(1, 4, 2), Optional.empty(), false);
  }

  private Lifted rows(Optional<TokenAxis> axis) {
    return new Lifted(row, Shape.of(1, 4, 16), axis, false);
  }

  private Lifted constant(Tensor tensor) {
    return new Lifted(forms.constant(tensor), tensor.shape(), Optional.empty(), false);
  }

  private Optional<Lifted> read(Op op, int from, int to, Tensor result, Tensor... constants) throws NotPlannable {
    Map<Integer, Tensor> inputs = new LinkedHashMap<>();
    inputs.put(from, JOINED);
    List<Lifted> others = new java.util.ArrayList<>(Arrays.asList((Lifted) null));
    for (int i = 0; i < constants.length; i++) {
      inputs.put(100 + i, constants[i]);
      others.add(constant(constants[i]));
    }
    return histories.read(MadeForms.node(op, to, result, inputs), others);
  }

  private void turn() throws NotPlannable {
    assertTrue(begin(before(), rows(Optional.of(TokenAxis.of(2)))));
    assertEquals(Optional.empty(), read(new Op.Reshape(), HISTORY, FLAT,
        MadeForms.variable(ElementType.FLOAT32, 1, 4, 1, 18), MadeForms.ints(1, 4, 1, 18)));
    assertEquals(Optional.empty(), read(new Op.Transpose(), FLAT, TURNED,
        MadeForms.variable(ElementType.FLOAT32, 1, 1, 18, 4), MadeForms.ints(0, 2, 3, 1)));
    assertTrue(histories.has(TURNED));
  }

  @Test
  void aConvolutionOverAllRowsIsOneOfEachTokensWindow() throws Exception {
    turn();
    float[] taps = {1, 2, 3, 4, 10, 20, 30, 40, 100, 200, 300, 400};
    Lifted value = read(CONVOLUTION, TURNED, 60, CONVOLVED, MadeForms.tensor(new int[] {1, 1, 3, 4}, taps),
        MadeForms.tensor(new int[] {4}, new float[4])).orElseThrow();
    Form byChannel = forms.constant(new int[] {4, 3}, 1, 10, 100, 2, 20, 200, 3, 30, 300, 4, 40, 400);
    assertSame(
        forms.graph.form(new Kind.ShortConvolution(), List.of(window, byChannel), ElementType.FLOAT32, List.of(4)),
        value.form());
    assertEquals(Optional.of(TokenAxis.of(2)), value.axis());
    assertFalse(histories.has(60));
  }

  @Test
  void aConvolutionWithABiasOrFewerTapsIsRefused() throws Exception {
    turn();
    Tensor taps = MadeForms.tensor(new int[] {1, 1, 3, 4}, new float[12]);
    assertThrows(NotPlannable.class,
        () -> read(CONVOLUTION, TURNED, 60, CONVOLVED, taps, MadeForms.tensor(new int[] {4}, 0, 0, 1, 0)));
    Tensor two = MadeForms.tensor(new int[] {1, 1, 2, 4}, new float[8]);
    assertThrows(NotPlannable.class, () -> read(CONVOLUTION, TURNED, 60,
        MadeForms.variable(ElementType.FLOAT32, 1, 1, 17, 4), two));
    Op dilated = new Op.DepthwiseConv2d(1, 1, 2, 1, Op.Activation.NONE);
    assertThrows(NotPlannable.class, () -> read(dilated, TURNED, 60, CONVOLVED, taps));
  }

  @Test
  void theLastRowsAreTheStateAfterTheLastToken() throws Exception {
    assertTrue(begin(before(), rows(Optional.of(TokenAxis.of(2)))));
    Lifted next = read(GATHER, HISTORY, 60, MadeForms.variable(ElementType.FLOAT32, 1, 4, 2), MadeForms.ints(16, 17))
        .orElseThrow();
    assertEquals(Optional.of(window), WindowMatcher.advanced(next.form()));
    assertEquals(Optional.empty(), next.axis());
  }

  @Test
  void otherRowsAreRefused() {
    assertTrue(begin(before(), rows(Optional.of(TokenAxis.of(2)))));
    for (int[] ids : new int[][] {{15, 16}, {17, 16}, {17}, {0, 1}}) {
      NotPlannable e = assertThrows(NotPlannable.class, () -> read(GATHER, HISTORY, 60,
          MadeForms.variable(ElementType.FLOAT32, 1, 4, ids.length), MadeForms.ints(ids)));
      assertTrue(e.getMessage().contains("operator 7: reads rows of tokens before"), e.getMessage());
    }
  }

  @Test
  void rowsOfTokensAlongAnotherDimensionBeginNone() {
    assertFalse(begin(before(), rows(Optional.of(TokenAxis.of(1)))));
    assertFalse(begin(before(), rows(Optional.empty())));
    assertFalse(begin(new Lifted(forms.operand("y", 4, 2), Shape.of(1, 4, 2), Optional.empty(), false),
        rows(Optional.of(TokenAxis.of(2)))));
  }

  @Test
  void anythingElseIsRefused() {
    assertTrue(begin(before(), rows(Optional.of(TokenAxis.of(2)))));
    assertThrows(NotPlannable.class, () -> read(new Op.Unary(Op.UnaryFunction.TANH), HISTORY, 60, JOINED));
  }
}
