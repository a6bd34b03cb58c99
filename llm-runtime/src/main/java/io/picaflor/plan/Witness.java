package io.picaflor.plan;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Shows that a prefill signature leaves the keys, values and states that decoding token by token would. */
final class Witness {
  private Witness() {}

  /**
   * Compares what is stored.
   *
   * @throws NotPlannable if it differs: names the first difference, operands before what is computed of them
   */
  static void compare(String signature, Map<String, Form> decode, Map<String, Form> prefill) throws NotPlannable {
    for (Map.Entry<String, Form> state : decode.entrySet()) {
      Form other = prefill.get(state.getKey());
      if (!state.getKey().equals("logits") && other != state.getValue()) {
        throw new NotPlannable(
            "signature " + signature + " computes " + state.getKey() + " otherwise than decoding does: "
                + (other == null ? "not at all" : difference(state.getValue(), other, new HashSet<>())));
      }
    }
  }

  private static String difference(Form one, Form other, Set<List<Form>> seen) {
    boolean alike = one.kind().equals(other.kind()) && one.shape().equals(other.shape())
        && one.inputs().size() == other.inputs().size();
    if (!alike) {
      return one + " of " + one.inputs() + " there, " + other + " of " + other.inputs() + " here";
    }
    for (int i = 0; i < one.inputs().size(); i++) {
      if (one.input(i) != other.input(i) && seen.add(List.of(one.input(i), other.input(i)))) {
        return difference(one.input(i), other.input(i), seen);
      }
    }
    return "element type " + one.type() + " there, " + other.type() + " here";
  }
}
