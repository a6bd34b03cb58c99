package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.graph.Op.BinaryFunction;
import io.picaflor.graph.Op.UnaryFunction;
import io.picaflor.graph.Tensor;

import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.junit.jupiter.api.Test;

/** Forms by themselves: views of them, who reads them, how they are rewritten and compared. */
class FormsTest {
  private final FormGraph graph = new FormGraph();
  private final Sketch s = new Sketch(1);
  private final Tensor x = s.floats("x", 0, 1, 6, 4);

  private Form form(Tensor tensor) throws NotPlannable {
    return s.lift(graph, tensor);
  }

  @Test
  void neighbouringValuesAreAViewOfWhatIsComputed() throws Exception {
    Form base = form(x);
    assertEquals(new View(base, 0), View.of(base));
    assertEquals(new View(base, 0), View.of(form(s.reshape(x, 24))));
    assertEquals(new View(base, 8), View.of(form(s.slice(x, new int[] {0, 2, 0}, 1, 3, 4))));
    assertEquals(new View(base, 9), View.of(form(s.slice(x, new int[] {0, 2, 1}, 1, 1, 2))));
    Tensor rows = s.reshape(s.slice(x, new int[] {0, 2, 0}, 1, 3, 4), 12);
    assertEquals(new View(base, 13), View.of(form(s.slice(rows, new int[] {5}, 4))), "views of views add up");
  }

  @Test
  void valuesWithGapsBetweenThemAreComputed() throws Exception {
    Form columns = form(s.slice(x, new int[] {0, 0, 1}, 1, 6, 2));
    assertEquals(new View(columns, 0), View.of(columns));
    Form turned = form(s.transpose(x, 0, 2, 1));
    assertEquals(new View(turned, 0), View.of(turned));
  }

  @Test
  void aFormIsReadOnlyByOneIfNobodyElseReadsOrWantsIt() throws Exception {
    Form a = form(s.unary(UnaryFunction.EXP, x));
    Form b = form(s.unary(UnaryFunction.NEG, s.unary(UnaryFunction.EXP, x)));
    Form twice = form(s.binary(BinaryFunction.MUL, s.unary(UnaryFunction.EXP, x), s.unary(UnaryFunction.EXP, x)));
    assertTrue(new Uses(List.of(b)).isOnly(a));
    assertFalse(new Uses(List.of(b, a)).isOnly(a), "it is wanted itself");
    assertFalse(new Uses(List.of(twice)).isOnly(a), "it is read twice by one");
    assertFalse(new Uses(List.of(b)).isOnly(twice), "nobody reads it");
  }

  @Test
  void rewritingBeginsWithOperandsAndGoesOnUntilNothingIsFound() throws Exception {
    Form root = form(s.unary(UnaryFunction.EXP, s.unary(UnaryFunction.NEG, s.unary(UnaryFunction.NEG, x))));
    Matcher twice = (form, g) -> Elements.is(form, UnaryFunction.NEG) && Elements.is(form.input(0), UnaryFunction.NEG)
        ? Optional.of(form.input(0).input(0))
        : Optional.empty();
    Form result = new Rewriting(graph, List.of(twice)).of(root);
    assertTrue(Elements.is(result, UnaryFunction.EXP));
    assertSame(form(x), result.input(0));
    assertSame(root, new Rewriting(graph, List.of()).of(root));
  }

  @Test
  void rewritingGraphsDeeperThanStacks() throws Exception {
    Tensor deep = x;
    for (int i = 0; i < 20_000; i++) {
      deep = s.unary(UnaryFunction.NEG, deep);
    }
    Form root = form(deep);
    assertSame(root, new Rewriting(graph, List.of()).of(root));
    assertEquals(20_001, Rewriting.reachable(List.of(root)).size());
  }

  @Test
  void operandsComeBeforeWhatIsComputedOfThem() throws Exception {
    Tensor a = s.unary(UnaryFunction.EXP, x);
    Form root = form(s.binary(BinaryFunction.ADD, s.unary(UnaryFunction.NEG, a), a));
    List<Form> order = Rewriting.reachable(List.of(root));
    for (Form form : order) {
      form.inputs().forEach(input -> assertTrue(order.indexOf(input) < order.indexOf(form)));
    }
    assertEquals(order.size(), order.stream().distinct().count());
  }

  @Test
  void equalFormsAreOneObject() throws Exception {
    assertSame(form(s.unary(UnaryFunction.EXP, x)), form(s.unary(UnaryFunction.EXP, x)));
    assertNotSame(form(s.unary(UnaryFunction.EXP, x)), form(s.unary(UnaryFunction.NEG, x)));
  }

  private Form store(Tensor update) throws NotPlannable {
    Form row = form(update);
    Form state = graph.form(new Kind.State("kv"), List.of(), row.type(), List.of(16, 6, 4));
    return graph.form(new Kind.Store(0), List.of(state, row), row.type(), state.shape());
  }

  @Test
  void theWitnessNamesTheFirstDifference() throws Exception {
    Form decode = store(s.unary(UnaryFunction.EXP, s.unary(UnaryFunction.NEG, x)));
    Form prefill = store(s.unary(UnaryFunction.EXP, s.unary(UnaryFunction.ABS, x)));
    Witness.compare("prefill_4", Map.of("kv", decode), Map.of("kv", decode));
    var e = assertThrows(NotPlannable.class,
        () -> Witness.compare("prefill_4", Map.of("kv", decode), Map.of("kv", prefill)));
    assertTrue(e.getMessage().startsWith("signature prefill_4 computes kv otherwise than decoding does: neg[6, 4]"),
        e.getMessage());
    assertTrue(e.getMessage().contains("abs[6, 4]"), e.getMessage());
  }

  @Test
  void theWitnessMissesStatesThatPrefillDoesNotStore() throws Exception {
    Form decode = store(x);
    var e = assertThrows(NotPlannable.class, () -> Witness.compare("prefill", Map.of("kv", decode), Map.of()));
    assertTrue(e.getMessage().contains("computes kv otherwise than decoding does: not at all"), e.getMessage());
  }
}
