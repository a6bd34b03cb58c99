package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WindowMatcherTest {
  private final MadeForms forms = new MadeForms();
  private final Form state =
      forms.graph.form(new Kind.State("c"), List.of(), ElementType.FLOAT32, List.of(4, 2));
  private final Form row = forms.operand("x", 4);
  private final Form joined = joined(1, List.of(4, 3), state, row);
  private final Form window =
      forms.graph.form(new Kind.Window(1), List.of(state, row), ElementType.FLOAT32, List.of(4, 3));

  private Form joined(int dimension, List<Integer> shape, Form... parts) {
    return forms.graph.form(new Kind.Concatenation(dimension), List.of(parts), ElementType.FLOAT32, shape);
  }

  private Form slice(Form form, List<Integer> begin, List<Integer> size) {
    return forms.graph.form(new Kind.Slice(begin, size), List.of(form), form.type(), size);
  }

  @Test
  void aRowBehindAStateIsAWindow() {
    assertSame(window, new WindowMatcher().match(joined, forms.graph).orElseThrow());
  }

  @Test
  void aRowBeforeAStateOrBehindAComputedValueIsNone() {
    assertEquals(Optional.empty(), new WindowMatcher().match(joined(1, List.of(4, 3), row, state), forms.graph));
    Form other = forms.operand("y", 4, 2);
    assertEquals(Optional.empty(), new WindowMatcher().match(joined(1, List.of(4, 3), other, row), forms.graph));
  }

  @Test
  void twoRowsBehindAStateAreNone() {
    Form rows = forms.operand("y", 4, 2);
    assertEquals(Optional.empty(), new WindowMatcher().match(joined(1, List.of(4, 4), state, rows), forms.graph));
  }

  @Test
  void theNextStateIsTheWindowWithoutItsOldestRow() {
    assertEquals(Optional.of(window), WindowMatcher.advanced(slice(window, List.of(0, 1), List.of(4, 2))));
    assertEquals(Optional.empty(), WindowMatcher.advanced(slice(window, List.of(0, 0), List.of(4, 2))));
    assertEquals(Optional.empty(), WindowMatcher.advanced(slice(window, List.of(0, 1), List.of(4, 1))));
    assertEquals(Optional.empty(), WindowMatcher.advanced(window));
  }

  @Test
  void theSumOfAWindowTimesTapsIsAShortConvolution() {
    Form taps = forms.constant(new int[] {4, 3}, new float[12]);
    Form expected =
        forms.graph.form(new Kind.ShortConvolution(), List.of(window, taps), ElementType.FLOAT32, List.of(4));
    for (Form product : List.of(forms.binary(Op.BinaryFunction.MUL, window, taps),
        forms.binary(Op.BinaryFunction.MUL, taps, window))) {
      assertSame(expected, new ShortConvolutionMatcher().match(sum(product, 1, 4), forms.graph).orElseThrow());
      assertEquals(Optional.empty(), new ShortConvolutionMatcher().match(sum(product, 0, 3), forms.graph));
    }
    Form computed = forms.binary(Op.BinaryFunction.MUL, window, forms.operand("w", 4, 3));
    assertEquals(Optional.empty(), new ShortConvolutionMatcher().match(sum(computed, 1, 4), forms.graph));
  }

  private Form sum(Form product, int dimension, int size) {
    return forms.graph.form(new Kind.Reduce(Op.Reduction.SUM, List.of(dimension)), List.of(product), product.type(),
        List.of(size));
  }
}
