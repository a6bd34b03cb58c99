package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.DemoModel;
import io.picaflor.graph.Op.BinaryFunction;
import io.picaflor.graph.Op.UnaryFunction;
import io.picaflor.graph.Tensor;
import io.picaflor.session.Executor;

import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

import org.junit.jupiter.api.Test;

/** What is put together, what is not, and that neither changes a bit. */
class FusionsTest {
  private static final int PASSES = 6;

  private final Sketch s = new Sketch(1);
  private final FormGraph graph = new FormGraph();
  private final Tensor x = s.floats("x", 0, 1, 4);
  private final Tensor residual = s.floats("residual", 0, 1, 6);

  @Test
  void eachFusionGivesTheBitsOfItsParts() throws Exception {
    List<Path> models = new ArrayList<>(List.of(DemoModel.path()));
    models.addAll(PlannedModel.shared("tiny_(gemma2_q8|hf_llama_kts_fp16|hf_gemma4_q8|qwen3_mixed48|phi3_q4c)\\..*"));
    Set<String> kinds = new TreeSet<>();
    for (Path path : models) {
      for (String tier : PlannedModel.tiers()) {
        List<float[]> before = List.of();
        for (int count = 1; count <= PASSES; count++) {
          int passes = count;
          try (PlannedModel model = PlannedModel.of(path, tier, (fusions, roots) -> fusions.first(passes, roots))) {
            List<float[]> logits = logits(model);
            for (int i = 0; i < before.size(); i++) {
              assertArrayEquals(before.get(i), logits.get(i), path.getFileName() + ", " + tier + ", pass " + count);
            }
            before = logits;
            model.network().plan().body().forEach(form -> kinds.add(form.kind().getClass().getSimpleName()));
          }
        }
      }
    }
    assertTrue(kinds.containsAll(Set.of("Quantized", "NormQuantized", "GatedLinear")), kinds.toString());
    assertTrue(models.size() == 1 || kinds.containsAll(Set.of("Linears", "NormAdded", "LinearAdded")),
        kinds.toString());
  }

  private static List<float[]> logits(PlannedModel model) {
    int[] tokens = new Random(9).ints(11, 0, model.network().vocabularySize()).toArray();
    try (Executor context = model.context()) {
      return List.of(context.evaluate(tokens, () -> false).toArray(ValueLayout.JAVA_FLOAT),
          PlannedModel.decode(context, 3));
    }
  }

  private Form fused(Tensor... tensors) throws NotPlannable {
    Map<String, Form> roots = new LinkedHashMap<>();
    for (Tensor tensor : tensors) {
      roots.put("root" + roots.size(), Recognised.of(graph, s.lift(graph, tensor), 16));
    }
    return new Fusions(graph).of(roots).get("root0");
  }

  private Tensor gated(Tensor gate, Tensor up) {
    return s.binary(BinaryFunction.MUL, s.unary(UnaryFunction.GELU, gate), up);
  }

  @Test
  void gateAndUpOfOneOperandAreOneLayerWithTheGateFirst() throws Exception {
    Tensor gate = s.matrix(6, 4, 1);
    Tensor up = s.matrix(6, 4, 2);
    Form form = fused(gated(s.linear(x, gate), s.linear(x, up)));
    assertTrue(form.kind() instanceof Kind.GatedLinear, form.toString());
    assertSame(gate, form.input(1).tensor().orElseThrow());
    assertSame(up, form.input(2).tensor().orElseThrow());
  }

  @Test
  void gateAndUpOfTwoOperandsStayTwoLayers() throws Exception {
    Form form = fused(gated(s.linear(x, s.matrix(6, 4, 1)), s.linear(s.floats("y", 0, 1, 4), s.matrix(6, 4, 2))));
    assertTrue(form.kind() instanceof Kind.Gated, form.toString());
  }

  @Test
  void aGateThatSomebodyElseReadsStaysALayer() throws Exception {
    Tensor gate = s.linear(x, s.matrix(6, 4, 1));
    Form form = fused(gated(gate, s.linear(x, s.matrix(6, 4, 2))), gate);
    assertTrue(form.kind() instanceof Kind.Gated, form.toString());
  }

  @Test
  void aLayerAndTheResidualAreOneStep() throws Exception {
    Form form = fused(s.binary(BinaryFunction.ADD, s.linear(x, s.matrix(6, 4, 1)), residual));
    assertEquals(new Kind.LinearAdded(), form.kind());
    assertEquals("residual", ((Kind.Operand) form.input(0).kind()).name());
  }

  @Test
  void aLayerThatSomebodyElseReadsIsNotAdded() throws Exception {
    Tensor layer = s.linear(x, s.matrix(6, 4, 1));
    Form form = fused(s.binary(BinaryFunction.ADD, layer, residual), layer);
    assertTrue(Elements.is(form, BinaryFunction.ADD), form.toString());
  }

  @Test
  void aConstantIsNoResidual() throws Exception {
    Form form = fused(s.binary(BinaryFunction.ADD, s.linear(x, s.matrix(6, 4, 1)),
        s.constant(new int[] {6}, 1, 2, 3, 4, 5, 6)));
    assertTrue(Elements.is(form, BinaryFunction.ADD), form.kind() + " of " + form.inputs());
  }

  @Test
  void layersOfOneOperandStandSideBySide() throws Exception {
    Tensor a = s.linear(x, s.matrix(6, 4, 1));
    Tensor b = s.linear(x, s.matrix(2, 4, 2));
    for (Form part : List.of(fused(a, b), fused(b, a))) {
      Form together = part.input(0);
      assertEquals(new Kind.Linears(), together.kind());
      assertEquals(List.of(8), together.shape());
      int from = 0; // the rows of the parts before its own
      int at = 1;
      while (!together.input(at).shape().getFirst().equals(part.width())) {
        from += together.input(at++).shape().getFirst();
      }
      assertEquals(new Kind.Slice(List.of(from), List.of(part.width())), part.kind());
    }
  }

  @Test
  void theNormAndTheResidualAreOneStep() throws Exception {
    Tensor square = s.binary(BinaryFunction.MUL, residual, residual);
    Tensor root = s.unary(UnaryFunction.RSQRT, s.binary(BinaryFunction.ADD,
        s.reduce(io.picaflor.graph.Op.Reduction.MEAN, square), s.number(1)));
    Tensor norm = s.binary(BinaryFunction.MUL, residual, root);
    assertEquals(new Kind.NormAdded(1),
        fused(s.binary(BinaryFunction.ADD, s.floats("stream", 0, 1, 6), norm)).kind());
  }
}
