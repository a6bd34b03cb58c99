package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.picaflor.graph.ElementType;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TurnedOperandMatcherTest {
  private final MadeForms forms = new MadeForms();
  private final TurnedOperandMatcher matcher = new TurnedOperandMatcher();
  private final Form a = forms.operand("a", 4, 8);
  private final Form b = forms.operand("b", 5, 8);

  @Test
  void aTurnedOperandIsReadAsItLies() {
    // y[m][n] = sum_k a[m][k] * turned[k][n] with turned[k][n] = b[n][k]
    Form turned = forms.product(List.of(0, 1), List.of(1, 2), List.of(0, 2), a, forms.transpose(b, 1, 0), 4, 5);
    Form straight = forms.product(List.of(0, 1), List.of(2, 1), List.of(0, 2), a, b, 4, 5);
    assertSame(straight, matcher.match(turned, forms.graph).orElseThrow());
    assertEquals(Optional.empty(), matcher.match(straight, forms.graph));
  }

  @Test
  void permutationsOfThreeDimensionsAreNotTakenForTheirInverse() {
    Form c = forms.operand("c", 2, 3, 8); // turned[k][h][n] = c[h][n][k]
    Form turned =
        forms.product(List.of(0, 1), List.of(1, 2, 3), List.of(0, 2, 3), a, forms.transpose(c, 2, 0, 1), 4, 2, 3);
    Form straight = forms.product(List.of(0, 1), List.of(2, 3, 1), List.of(0, 2, 3), a, c, 4, 2, 3);
    assertSame(straight, matcher.match(turned, forms.graph).orElseThrow());
  }

  @Test
  void productsWithStoredKeysAndWithConstantsStayWhatTheyAre() {
    Form state = forms.graph.form(new Kind.State("k"), List.of(), ElementType.FLOAT32, List.of(5, 8));
    Form store = forms.graph.form(new Kind.Store(0), List.of(state, forms.operand("row", 8)), ElementType.FLOAT32,
        List.of(5, 8));
    Form constant = forms.constant(new int[] {5, 8}, new float[40]);
    for (Form read : List.of(store, constant)) {
      Form product = forms.product(List.of(0, 1), List.of(1, 2), List.of(0, 2), a, forms.transpose(read, 1, 0), 4, 5);
      assertEquals(Optional.empty(), matcher.match(product, forms.graph));
    }
  }
}
