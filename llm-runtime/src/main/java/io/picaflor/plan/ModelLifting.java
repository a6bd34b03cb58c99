package io.picaflor.plan;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.ElementType;
import io.picaflor.graph.ModelSignatures;
import io.picaflor.graph.OperandRole;
import io.picaflor.graph.Shape;
import io.picaflor.graph.Signature;
import io.picaflor.graph.Tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Lifts the signatures of a model: what decoding computes of a token, and what a prefill signature does, with what embedders
 * give them put in their place.
 */
final class ModelLifting {
  private final ModelSignatures signatures;
  private final FormGraph graph;
  private boolean decodeTestsPadding;

  ModelLifting(ModelSignatures signatures, FormGraph graph) {
    this.signatures = signatures;
    this.graph = graph;
  }

  /** What decoding gives out: logits, and the next value of each state by its name. */
  Map<String, Form> decode() throws NotPlannable, ModelFormatException, UnsupportedModelException {
    Signature decode = signatures.decode();
    int tokens = tokens(decode);
    if (tokens != 1 || !decode.outputs().containsKey("logits")) {
      throw new NotPlannable("signature " + decode.name() + " takes " + tokens + " tokens at once or gives no logits");
    }
    List<String> wanted = new ArrayList<>(List.of("logits"));
    signatures.states().stream().filter(decode.outputs()::containsKey).sorted().forEach(wanted::add);
    Map<String, Form> forms = lift(decode, 1, wanted);
    decodeTestsPadding = Rewriting.reachable(forms.values()).stream().anyMatch(NoPadding::isTest);
    return forms;
  }

  /** The next value of each state by its name, as a prefill signature computes it. */
  Map<String, Form> prefill(Signature prefill) throws NotPlannable, ModelFormatException, UnsupportedModelException {
    List<String> wanted = signatures.states().stream().filter(prefill.outputs()::containsKey).sorted().toList();
    return lift(prefill, tokens(prefill), wanted);
  }

  /** How many tokens a signature takes at once. */
  static int tokens(Signature signature) throws NotPlannable {
    for (Map.Entry<String, Tensor> input : signature.inputs().entrySet()) {
      OperandRole role = OperandRole.of(input.getKey()).orElse(null);
      Shape shape = input.getValue().shape();
      if ((role == OperandRole.TOKENS || role == OperandRole.EMBEDDINGS) && shape.rank() >= 2) {
        return shape.size(1);
      }
    }
    throw new NotPlannable("signature " + signature.name() + " takes neither tokens nor embeddings");
  }

  private Map<String, Form> lift(Signature signature, int tokens, List<String> wanted)
      throws NotPlannable, ModelFormatException, UnsupportedModelException {
    try {
      return Lifting.lift(graph, signature, tokens, !decodeTestsPadding, wanted, (name, tensor) -> {
        try {
          return operand(signature, tokens, name, tensor);
        } catch (ModelFormatException | UnsupportedModelException e) {
          throw new Unread(e);
        }
      });
    } catch (Unread e) {
      switch (e.getCause()) {
        case ModelFormatException cause -> throw cause;
        case UnsupportedModelException cause -> throw cause;
        default -> throw e;
      }
    }
  }

  /** Carries the exception of a reader through a callback. */
  private static final class Unread extends RuntimeException {
    private static final long serialVersionUID = 1;

    Unread(Exception cause) {
      super(cause);
    }
  }

  private Lifted operand(Signature signature, int tokens, String name, Tensor tensor)
      throws NotPlannable, ModelFormatException, UnsupportedModelException {
    String where = "signature " + signature.name() + ": operand " + name;
    if (signatures.states().contains(name)) {
      return new Lifted(leaf(new Kind.State(name), tensor.type(), Canonical.squeezed(tensor.shape())), tensor.shape(),
          Optional.empty(), false);
    }
    OperandRole role = OperandRole.of(name).orElseThrow(() -> new NotPlannable(where + " is none that we know"));
    Shape shape = tensor.shape();
    return switch (role) {
      case TOKENS, POSITIONS -> {
        requireType(tensor, ElementType.INT32, where);
        yield perToken(leaf(new Kind.Operand(role, role == OperandRole.TOKENS ? "tokens" : "positions"),
            ElementType.INT32, List.of()), shape, shape.rank() - 1, tokens, where);
      }
      case TIME_STEP -> new Lifted(leaf(new Kind.Operand(OperandRole.POSITIONS, "positions"), ElementType.INT32,
          List.of()), shape, Optional.empty(), tokens > 1);
      case CAUSAL_MASK, SLIDING_MASK -> {
        if (shape.rank() < 2 || shape.size(-1) != signatures.contextLength()) {
          throw new NotPlannable(where + " has another column for each slot than the context has positions");
        }
        yield perToken(leaf(new Kind.Operand(role, name), tensor.type(), List.of(shape.size(-1))), shape,
            shape.rank() - 2, tokens, where);
      }
      case EMBEDDINGS -> embedded(signature, "embedder", shape, tokens, where);
      case PER_LAYER_EMBEDDINGS -> embedded(signature, "per_layer_embedder", shape, tokens, where);
      case VALID_ROWS, COMPUTED_MASK, COMPUTED_ROTARY, CACHE_ROWS, POSITION_PARAMETERS, ADAPTER ->
          throw new NotPlannable(where + " belongs to exports for other processors or to adapters");
    };
  }

  private Form leaf(Kind kind, ElementType type, List<Integer> shape) {
    return graph.form(kind, List.of(), type, shape);
  }

  private static void requireType(Tensor tensor, ElementType type, String where) throws NotPlannable {
    if (tensor.type() != type) {
      throw new NotPlannable(where + " is " + tensor.type());
    }
  }

  private Lifted perToken(Form form, Shape shape, int dimension, int tokens, String where) throws NotPlannable {
    if (dimension < 0 || shape.size(dimension) != tokens) {
      throw new NotPlannable(where + " has no row for each token");
    }
    Lifted lifted = new Lifted(form, shape,
        tokens == 1 ? Optional.empty() : Optional.of(TokenAxis.of(dimension)), false);
    List<Integer> expected = Canonical.squeezed(lifted.ofOneToken());
    return new Lifted(graph.reshaped(form, expected), shape, lifted.axis(), false);
  }

  /** The embedder's result in the operand's place, from a signature for as many tokens or for one. */
  private Lifted embedded(Signature main, String kind, Shape shape, int tokens, String where)
      throws NotPlannable, ModelFormatException, UnsupportedModelException {
    String name = signatures.embedderName(main.name(), kind);
    Signature embedder = signatures.side(name).orElseThrow(() -> new NotPlannable(where + " has no signature " + name));
    if (embedder.outputs().size() != 1) {
      throw new NotPlannable("signature " + name + " gives " + embedder.outputs().keySet());
    }
    boolean all = embedder.inputs().values().stream().anyMatch(tensor -> tensor.shape().elements() == tokens);
    String result = embedder.outputs().keySet().iterator().next();
    Form form = lift(embedder, all ? tokens : 1, List.of(result)).get(result);
    return perToken(form, shape, 1, tokens, where);
  }
}
