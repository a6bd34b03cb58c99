package io.picaflor.plan;

import io.picaflor.ModelFormatException;
import io.picaflor.PlanDescription;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.ModelSignatures;
import io.picaflor.graph.Quantization;
import io.picaflor.graph.Tensor;
import io.picaflor.kernels.AttentionShape;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Writes a plan down for people. */
public final class PlanDescriber {
  private final Map<Form, Integer> numbers = new HashMap<>();
  private final List<PlanDescription.Step> steps = new ArrayList<>();

  private PlanDescriber() {}

  /** The plan of a model, or why it has none. */
  public static PlanDescription describe(ModelSignatures signatures)
      throws ModelFormatException, UnsupportedModelException {
    try {
      PlanDescriber describer = new PlanDescriber();
      Plan plan = Planner.plan(signatures);
      plan.body().forEach(form -> describer.add(form, false));
      plan.head().forEach(form -> describer.add(form, true));
      return new PlanDescription(Optional.empty(), describer.steps);
    } catch (NotPlannable e) {
      return new PlanDescription(Optional.of(e.getMessage()), List.of());
    }
  }

  private void add(Form form, boolean head) {
    int number = steps.size();
    numbers.put(form, number);
    List<String> operands = new ArrayList<>();
    for (Form input : form.inputs()) {
      operands.add(name(input));
    }
    boolean isAttention = form.kind() instanceof Kind.Attention;
    long positionBytes = isAttention ? 4L * (rowElements(form.input(1)) + rowElements(form.input(2))) : 0;
    List<Integer> shape = form.kind() instanceof Kind.Store ? form.input(1).shape() : form.shape();
    steps.add(new PlanDescription.Step(number, head, form.kind().label(), operands, shape, details(form),
        weightBytes(form), positionBytes, multiplyAdds(form), !Binding.isGeneric(form)));
  }

  private static long rowElements(Form store) {
    return store.input(1).elements();
  }

  private String name(Form form) {
    View view = View.of(form);
    Form base = view.base();
    if (base.kind() instanceof Kind.Constant) {
      Tensor tensor = base.tensor().orElseThrow();
      return base.number().map(number -> Float.toString(number))
          .orElseGet(() -> tensor.type().name().toLowerCase(Locale.ROOT) + tensor.shape());
    }
    String whole = numbers.containsKey(base) ? "#" + numbers.get(base) : base.kind().label();
    boolean isPart = form.elements() != base.elements();
    return isPart ? whole + "[" + view.from() + ".." + (view.from() + form.elements() - 1) + "]" : whole;
  }

  private static String details(Form form) {
    return switch (form.kind()) {
      case Kind.Attention(AttentionShape shape) -> attention(shape, form.inputs().size() > 3);
      case Kind.RmsNorm(float epsilon) -> "epsilon " + epsilon;
      case Kind.NormQuantized(float epsilon) -> "epsilon " + epsilon;
      case Kind.NormAdded(float epsilon) -> "epsilon " + epsilon;
      case Kind.LayerNorm(float epsilon) -> "epsilon " + epsilon;
      case Kind.Scale(float factor) -> "by " + factor;
      case Kind.SoftCap(float cap) -> "at " + cap;
      case Kind.Activation(var function) -> function.name().toLowerCase(Locale.ROOT);
      case Kind.Gated(var function) -> function.name().toLowerCase(Locale.ROOT);
      case Kind.GatedLinear(var function) -> function.name().toLowerCase(Locale.ROOT);
      case Kind.Angles(var function) -> function.name().toLowerCase(Locale.ROOT);
      default -> "";
    };
  }

  private static String attention(AttentionShape shape, boolean masked) {
    String window = masked ? ", with a mask" : shape.window() == Integer.MAX_VALUE ? "" : ", window " + shape.window();
    return shape.heads() + " heads over " + shape.kvHeads() + ", scale " + shape.scale() + window
        + (shape.cap() == 0 ? "" : ", cap " + shape.cap());
  }

  /** Bytes of the values and scales that a step reads, whatever the number of tokens; of a table one row. */
  static long weightBytes(Form form) {
    if (form.kind() instanceof Kind.Lookup) {
      Tensor table = Weights.tensor(form.input(1));
      return bytes(table) / Math.max(1, table.shape().size(0));
    }
    long bytes = 0;
    for (List<Form> parts : Binding.weightsOf(form)) {
      for (Form part : parts) {
        bytes += bytes(Weights.tensor(part));
      }
    }
    return bytes;
  }

  private static long bytes(Tensor tensor) {
    long scales = switch (tensor.quantization()) {
      case Quantization.None _ -> 0;
      case Quantization.Affine affine -> affine.scales().byteSize();
      case Quantization.Blockwise blocks -> blocks.scales().byteSize();
    };
    return tensor.bytes() + scales;
  }

  private static long multiplyAdds(Form form) {
    long count = 0;
    for (List<Form> parts : Binding.weightsOf(form)) {
      for (Form part : parts) {
        count += Weights.tensor(part).shape().elements();
      }
    }
    return count;
  }
}
