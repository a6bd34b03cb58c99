package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.picaflor.graph.Op;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class PowerMatcherTest {
  private final MadeForms forms = new MadeForms();
  private final Form x = forms.operand("x", 4, 8);

  private Optional<Form> match(float exponent) {
    return new PowerMatcher().match(forms.binary(Op.BinaryFunction.POW, x, forms.number(exponent)), forms.graph);
  }

  @Test
  void aPowerOfAHalfIsTheSameFormAsARoot() {
    assertSame(forms.elementwise(new Op.Unary(Op.UnaryFunction.SQRT), x), match(0.5f).orElseThrow());
    assertSame(forms.elementwise(new Op.Unary(Op.UnaryFunction.RSQRT), x), match(-0.5f).orElseThrow());
  }

  @Test
  void otherPowersStayPowers() {
    assertEquals(Optional.empty(), match(2));
    assertEquals(Optional.empty(), match(-0.25f));
    assertEquals(Optional.empty(), match(Float.NaN));
    Form computed = forms.binary(Op.BinaryFunction.POW, x, forms.operand("y", 4, 8));
    assertEquals(Optional.empty(), new PowerMatcher().match(computed, forms.graph));
  }
}
