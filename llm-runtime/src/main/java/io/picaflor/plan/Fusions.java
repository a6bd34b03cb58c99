package io.picaflor.plan;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.IntPredicate;

/**
 * Puts neighbouring forms together into what one kernel does in one go. Each fusion gives the same bits as its parts.
 *
 * <p>In order: integers as operands of integer layers, quantized once for all that read them; norms that quantize or add to
 * the residual; gate and up as one layer; layers of the same operand as one; residual adds in a layer's epilogue.
 */
final class Fusions {
  /** A fusion, which may ask whether an operand of the form is read by nobody else. */
  private interface Fusion {
    Optional<Form> match(Form form, FormGraph graph, IntPredicate isOnly);
  }

  private final FormGraph graph;

  Fusions(FormGraph graph) {
    this.graph = graph;
  }

  /** All fusions, on what a model computes. */
  Map<String, Form> of(Map<String, Form> roots) {
    Map<String, Form> fused = roots;
    fused = pass(fused, Fusions::quantized);
    fused = pass(fused, Fusions::normQuantized);
    fused = pass(fused, Fusions::gatedLinear);
    fused = sideBySide(fused);
    fused = pass(fused, Fusions::normAdded);
    return pass(fused, Fusions::linearAdded);
  }

  private Map<String, Form> pass(Map<String, Form> roots, Fusion fusion) {
    Uses uses = new Uses(roots.values());
    return rewritten(roots,
        (original, form) -> fusion.match(form, graph, operand -> uses.isOnly(original.input(operand))));
  }

  /**
   * Rewrites each form once, operands first.
   *
   * @param rewrite of the form as it was, whose readers are known, and with its operands rewritten
   */
  private Map<String, Form> rewritten(Map<String, Form> roots, BiFunction<Form, Form, Optional<Form>> rewrite) {
    Map<Form, Form> rewritten = new HashMap<>();
    for (Form original : Rewriting.reachable(roots.values())) {
      Form form = graph.with(original, original.inputs().stream().map(rewritten::get).toList());
      rewritten.put(original, rewrite.apply(original, form).orElse(form));
    }
    Map<String, Form> result = new LinkedHashMap<>();
    roots.forEach((name, form) -> result.put(name, rewritten.get(form)));
    return result;
  }

  /** Whether a layer's weights are integers that are multiplied as such. */
  static boolean isInteger(Form weights) {
    return weights.kind() instanceof Kind.Constant
        && (weights.type() == ElementType.INT8 || weights.type() == ElementType.INT4
            || weights.type() == ElementType.INT2);
  }

  /** Whether a form is one row of values for a token, as layers read and write it. */
  private static boolean isRow(Form form) {
    return form.shape().size() == 1;
  }

  private static Optional<Form> quantized(Form form, FormGraph graph, IntPredicate isOnly) {
    boolean applies = form.kind() instanceof Kind.Linear && isRow(form.input(0)) && isInteger(form.input(1))
        && !(form.input(0).kind() instanceof Kind.Quantized);
    if (!applies) {
      return Optional.empty();
    }
    List<Form> inputs = new ArrayList<>(form.inputs());
    Form x = inputs.getFirst();
    inputs.set(0, graph.form(new Kind.Quantized(), List.of(x), x.type(), x.shape()));
    return Optional.of(graph.form(form.kind(), inputs, form.type(), form.shape()));
  }

  private static Optional<Form> normQuantized(Form form, FormGraph graph, IntPredicate isOnly) {
    boolean applies = form.kind() instanceof Kind.Quantized && form.input(0).kind() instanceof Kind.RmsNorm
        && isRow(form) && isOnly.test(0);
    return applies
        ? Optional.of(graph.form(new Kind.NormQuantized(((Kind.RmsNorm) form.input(0).kind()).epsilon()),
            form.input(0).inputs(), form.type(), form.shape()))
        : Optional.empty();
  }

  private static Optional<Form> normAdded(Form form, FormGraph graph, IntPredicate isOnly) {
    if (!Elements.is(form, Op.BinaryFunction.ADD) || !isRow(form)) {
      return Optional.empty();
    }
    for (int i = 0; i < 2; i++) {
      Form norm = form.input(i);
      Form residual = form.input(1 - i);
      if (norm.kind() instanceof Kind.RmsNorm(float epsilon) && isOnly.test(i) && isRow(norm)
          && residual.shape().equals(form.shape())) {
        List<Form> inputs = new ArrayList<>(List.of(residual));
        inputs.addAll(norm.inputs());
        return Optional.of(graph.form(new Kind.NormAdded(epsilon), inputs, form.type(), form.shape()));
      }
    }
    return Optional.empty();
  }

  private static Optional<Form> gatedLinear(Form form, FormGraph graph, IntPredicate isOnly) {
    if (!(form.kind() instanceof Kind.Gated(io.picaflor.kernels.Activation function)) || !isRow(form)) {
      return Optional.empty();
    }
    Form gate = form.input(0);
    Form up = form.input(1);
    boolean applies = isPlainLinear(gate) && isPlainLinear(up) && gate.input(0) == up.input(0)
        && isOnly.test(0) && isOnly.test(1) && alike(gate.input(1), up.input(1))
        && gate.shape().equals(up.shape());
    return applies
        ? Optional.of(graph.form(new Kind.GatedLinear(function), List.of(gate.input(0), gate.input(1), up.input(1)),
            form.type(), form.shape()))
        : Optional.empty();
  }

  private static boolean isPlainLinear(Form form) {
    return form.kind() instanceof Kind.Linear && form.inputs().size() == 2 && isRow(form) && isRow(form.input(0))
        && Canonical.isConstant(form.input(1));
  }

  /** Whether two matrices can be parts of one. */
  private static boolean alike(Form a, Form b) {
    return a.type() == b.type() && a.width() == b.width() && isInteger(a) == isInteger(b)
        && a.tensor().isPresent() && b.tensor().isPresent()
        && Weights.isSameKind(a.tensor().get(), b.tensor().get());
  }

  /** Layers without bias that read the same operand become one layer whose parts are slices of its result. */
  private Map<String, Form> sideBySide(Map<String, Form> roots) {
    Map<Form, List<Form>> byOperand = new LinkedHashMap<>();
    Uses uses = new Uses(roots.values());
    for (Form form : Rewriting.reachable(roots.values())) {
      if (isPlainLinear(form) && uses.isOnly(form.input(1))) {
        byOperand.computeIfAbsent(form.input(0), x -> new ArrayList<>()).add(form.input(1));
      }
    }
    Map<Form, List<Form>> groups = new HashMap<>();
    for (List<Form> weights : byOperand.values()) {
      if (weights.size() > 1 && weights.stream().allMatch(other -> alike(other, weights.getFirst()))) {
        weights.forEach(member -> groups.put(member, weights));
      }
    }
    return rewritten(roots, (original, form) -> isPlainLinear(form) && groups.containsKey(form.input(1))
        ? Optional.of(slice(form, groups.get(form.input(1))))
        : Optional.empty());
  }

  private Form slice(Form form, List<Form> group) {
    List<Form> inputs = new ArrayList<>(List.of(form.input(0)));
    inputs.addAll(group);
    int from = 0;
    int columns = 0;
    for (Form weights : group) {
      from = weights == form.input(1) ? columns : from;
      columns += weights.shape().getFirst();
    }
    Form together = graph.form(new Kind.Linears(), inputs, form.type(), List.of(columns));
    return graph.form(new Kind.Slice(List.of(from), List.of(form.width())), List.of(together), form.type(),
        form.shape());
  }

  private static Optional<Form> linearAdded(Form form, FormGraph graph, IntPredicate isOnly) {
    if (!Elements.is(form, Op.BinaryFunction.ADD) || !isRow(form)) {
      return Optional.empty();
    }
    for (int i = 0; i < 2; i++) {
      Form linear = form.input(i);
      Form residual = form.input(1 - i);
      boolean applies = linear.kind() instanceof Kind.Linear && isOnly.test(i) && isRow(linear.input(0))
          && isRow(linear) && Canonical.isConstant(linear.input(1)) && residual.shape().equals(form.shape());
      if (applies) {
        List<Form> inputs = new ArrayList<>(List.of(residual));
        inputs.addAll(linear.inputs());
        return Optional.of(graph.form(new Kind.LinearAdded(), inputs, form.type(), form.shape()));
      }
    }
    return Optional.empty();
  }
}
