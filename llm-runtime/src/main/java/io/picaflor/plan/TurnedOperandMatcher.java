package io.picaflor.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Products of computed values read their operands as they lie: a transposition of an operand becomes another order of its
 * labels, for some signatures turn what others read the other way round.
 *
 * <p>Products with stored keys and values are attention's, and stay as they are.
 */
final class TurnedOperandMatcher implements Matcher {
  @Override
  public Optional<Form> match(Form form, FormGraph graph) {
    if (!(form.kind() instanceof Kind.Product product) || StoredHeads.of(form.input(1)).isPresent()) {
      return Optional.empty();
    }
    boolean turned = form.inputs().stream().anyMatch(input -> input.kind() instanceof Kind.Transpose);
    boolean computed = form.inputs().stream().noneMatch(TurnedOperandMatcher::isConstant);
    if (!turned || !computed) {
      return Optional.empty();
    }
    List<Integer> left = untransposed(form.input(0), product.left());
    List<Integer> right = untransposed(form.input(1), product.right());
    List<Form> inputs = form.inputs().stream()
        .map(input -> input.kind() instanceof Kind.Transpose ? input.input(0) : input).toList();
    return Optional.of(graph.form(numbered(left, right, product.result()), inputs, form.type(), form.shape()));
  }

  private static boolean isConstant(Form operand) {
    return Canonical.isConstant(operand.kind() instanceof Kind.Transpose ? operand.input(0) : operand);
  }

  private static List<Integer> untransposed(Form operand, List<Integer> labels) {
    if (!(operand.kind() instanceof Kind.Transpose(List<Integer> permutation))) {
      return labels;
    }
    List<Integer> as = new ArrayList<>(labels);
    for (int i = 0; i < labels.size(); i++) {
      as.set(permutation.get(i), labels.get(i));
    }
    return as;
  }

  /** The same product with labels numbered as they come, so that equal products are equal. */
  private static Kind.Product numbered(List<Integer> left, List<Integer> right, List<Integer> result) {
    Map<Integer, Integer> names = new HashMap<>();
    List<List<Integer>> lists = new ArrayList<>();
    for (List<Integer> labels : List.of(left, right, result)) {
      lists.add(labels.stream().map(label -> names.computeIfAbsent(label, l -> names.size())).toList());
    }
    return new Kind.Product(lists.get(0), lists.get(1), lists.get(2));
  }
}
