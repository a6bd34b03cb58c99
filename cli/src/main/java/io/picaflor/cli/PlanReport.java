package io.picaflor.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.picaflor.PlanDescription;
import io.picaflor.PlanVerification;
import io.picaflor.cli.verb.Json;
import java.util.Locale;
import java.util.Optional;

/** Writes plans and their verification for people and programs. */
final class PlanReport {
  private static final String NO_PLAN = "no plan; the reference executor runs this file";

  private PlanReport() {}

  /** One line a step, then the sums. */
  static String text(PlanDescription plan) {
    if (plan.obstacle().isPresent()) {
      return NO_PLAN + ": " + plan.obstacle().get() + "\n";
    }
    StringBuilder text = new StringBuilder();
    boolean head = false;
    for (PlanDescription.Step step : plan.steps()) {
      if (step.head() && !head) {
        text.append("for tokens whose logits are wanted:\n");
        head = true;
      }
      text.append(line(step)).append('\n');
    }
    return text.append(String.format(Locale.ROOT, "%d steps; a token reads %.1f MB of weights and takes %.1f million "
        + "multiply-adds, attention left out%n", plan.steps().size(), plan.weightBytes() / 0x1p20,
        plan.multiplyAdds() / 1e6)).toString();
  }

  private static String line(PlanDescription.Step step) {
    StringBuilder line = new StringBuilder();
    line.append(String.format(Locale.ROOT, "#%-4d %s%s %s", step.number(), step.operation(), step.shape(),
        String.join(" ", step.operands())));
    if (!step.details().isEmpty()) {
      line.append("  (").append(step.details()).append(')');
    }
    if (step.weightBytes() > 0) {
      line.append(String.format(Locale.ROOT, "  %,d bytes", step.weightBytes()));
    }
    if (step.positionBytes() > 0) {
      line.append(String.format(Locale.ROOT, "  %,d bytes a position", step.positionBytes()));
    }
    if (step.multiplyAdds() > 0) {
      line.append(String.format(Locale.ROOT, "  %,d multiply-adds", step.multiplyAdds()));
    }
    return step.kernel() ? line.toString() : line.append("  row by row").toString();
  }

  /** The same for programs. */
  static String json(PlanDescription plan) {
    ObjectNode node = Json.MAPPER.createObjectNode();
    node.put("planned", plan.obstacle().isEmpty());
    plan.obstacle().ifPresent(reason -> node.put("reason", reason));
    ArrayNode steps = node.putArray("steps");
    for (PlanDescription.Step step : plan.steps()) {
      ObjectNode entry = steps.addObject();
      entry.put("step", step.number());
      entry.put("head", step.head());
      entry.put("operation", step.operation());
      step.operands().forEach(entry.putArray("operands")::add);
      step.shape().forEach(entry.putArray("shape")::add);
      entry.put("details", step.details());
      entry.put("weight_bytes", step.weightBytes());
      entry.put("position_bytes", step.positionBytes());
      entry.put("multiply_adds", step.multiplyAdds());
      entry.put("kernel", step.kernel());
    }
    node.put("bytes_per_token", plan.weightBytes());
    return node.toString();
  }

  /** What a verification found, in one line. */
  static String text(Optional<PlanVerification> found) {
    return found.map(v -> String.format(Locale.ROOT,
        "%d tokens: logits differ from the reference executor's by at most %.2e (root mean square %.2e, their spread is "
            + "%.2f); in one go and one by one: %s%n",
        v.tokens(), v.largest(), v.rootMeanSquare(), v.spread(), v.sameBits() ? "the same bits" : "OTHER BITS"))
        .orElse(NO_PLAN + "\n");
  }

  /** The same for programs. */
  static String json(Optional<PlanVerification> found) {
    ObjectNode node = Json.MAPPER.createObjectNode();
    node.put("planned", found.isPresent());
    found.ifPresent(v -> {
      node.put("tokens", v.tokens());
      node.put("largest", v.largest());
      node.put("rms", v.rootMeanSquare());
      node.put("spread", v.spread());
      node.put("same_bits", v.sameBits());
    });
    return node.toString();
  }
}
