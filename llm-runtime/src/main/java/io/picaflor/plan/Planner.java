package io.picaflor.plan;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.ModelSignatures;
import io.picaflor.graph.Signature;
import io.picaflor.reference.Constants;
import io.picaflor.reference.Lowering;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Makes the plan of a model, pass by pass: lift, recognise, compare with prefill, fuse, order. */
final class Planner {
  /** With prefill signatures of two sizes no size of the graph can pass for the number of tokens in both. */
  private static final int WITNESSES = 2;

  private final ModelSignatures signatures;
  private final FormGraph graph = new FormGraph();
  private final ModelLifting lifting;
  private final Rewriting recognition;

  private Planner(ModelSignatures signatures) {
    this.signatures = signatures;
    this.lifting = new ModelLifting(signatures, graph);
    SlotMath slots = new SlotMath(signatures.contextLength(), signatures.slidingWindow().orElse(Integer.MAX_VALUE));
    this.recognition = new Rewriting(graph,
        List.of(new IdentityMatcher(), new PowerMatcher(), new ScaleMatcher(), new NormMatcher(),
            new LayerNormMatcher(), new ActivationMatcher(), new WindowMatcher(), new ShortConvolutionMatcher(),
            new RotaryMatcher(), new AttentionMatcher(slots),
            new TurnedOperandMatcher()));
  }

  /**
   * Plans a model.
   *
   * @throws NotPlannable if it does not fit; says what
   * @throws ModelFormatException if a signature is damaged
   * @throws UnsupportedModelException if a signature needs what we do not know
   */
  static Plan plan(ModelSignatures signatures)
      throws NotPlannable, ModelFormatException, UnsupportedModelException {
    return plan(signatures, Fusions::of);
  }

  /** The same, with what else of the graph is needed to run it. */
  static PreparedPlan prepare(ModelSignatures signatures)
      throws NotPlannable, ModelFormatException, UnsupportedModelException {
    return new PreparedPlan(plan(signatures), signatures.contextLength());
  }

  /** Puts forms together, in what a model computes. */
  @FunctionalInterface
  interface Fusing {
    Map<String, Form> of(Fusions fusions, Map<String, Form> roots);
  }

  /** The same with some fusions only. */
  static Plan plan(ModelSignatures signatures, Fusing fusing)
      throws NotPlannable, ModelFormatException, UnsupportedModelException {
    requireSound(signatures);
    return new Planner(signatures).plan(fusing);
  }

  /** What is planned has the shapes and types that its operations demand; passes rely on that. */
  private static void requireSound(ModelSignatures signatures) throws ModelFormatException, UnsupportedModelException {
    Signature decode = signatures.decode();
    Constants unread = Lowering.unread(signatures.file());
    Lowering.check(signatures.file(), decode, signatures.states(), unread);
    for (String prefill : witnesses(signatures)) {
      Lowering.check(signatures.file(), signatures.main(prefill), signatures.states(), unread);
    }
    for (String kind : List.of("embedder", "per_layer_embedder")) {
      Optional<Signature> embedder = signatures.side(signatures.embedderName(decode.name(), kind));
      if (embedder.isPresent()) {
        Lowering.check(signatures.file(), embedder.get(), Set.of(), unread);
      }
    }
  }

  /** The prefill signatures that the plan is compared with. */
  static List<String> witnesses(ModelSignatures signatures) {
    List<String> prefills = signatures.prefillNames();
    return prefills.subList(0, Math.min(WITNESSES, prefills.size()));
  }

  private Plan plan(Fusing fusing) throws NotPlannable, ModelFormatException, UnsupportedModelException {
    Map<String, Form> decode = recognised(lifting.decode());
    for (Map.Entry<String, Form> state : decode.entrySet()) {
      boolean isStored =
          (state.getValue().kind() instanceof Kind.Store || state.getValue().kind() instanceof Kind.Window)
              && state.getValue().input(0).kind().equals(new Kind.State(state.getKey()));
      if (!state.getKey().equals("logits") && !isStored) {
        throw new NotPlannable(
            "state " + state.getKey() + " is neither keys or values nor a window of rows, but " + state.getValue());
      }
    }
    for (String name : witnesses(signatures)) {
      Witness.compare(name, decode, recognised(lifting.prefill(signatures.main(name))));
    }
    Map<String, Form> fused = new LinkedHashMap<>(fusing.of(new Fusions(graph), decode));
    Form logits = fused.remove("logits");
    return new Plan(logits, fused);
  }

  private Map<String, Form> recognised(Map<String, Form> forms) {
    Map<String, Form> result = new LinkedHashMap<>();
    forms.forEach((name, lifted) -> {
      Form form = recognition.of(lifted);
      result.put(name, WindowMatcher.advanced(form).orElse(form));
    });
    return result;
  }
}
