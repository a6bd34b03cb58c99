package io.picaflor.plan;

import io.picaflor.graph.Tensor;

import java.util.List;

/** What matchers make of a sketch. */
final class Recognised {
  private Recognised() {}

  /** The form in a tensor's place, by all matchers of elements, in the planner's order. */
  static Form of(Sketch sketch, Tensor tensor) throws NotPlannable {
    FormGraph graph = new FormGraph();
    return of(graph, sketch.lift(graph, tensor), 16);
  }

  /** The form in another's place, in a context of so many slots. */
  static Form of(FormGraph graph, Form form, int slots) {
    return new Rewriting(graph, List.of(new IdentityMatcher(), new ScaleMatcher(), new NormMatcher(),
        new LayerNormMatcher(), new ActivationMatcher(), new RotaryMatcher(),
        new AttentionMatcher(new SlotMath(slots, Integer.MAX_VALUE)))).of(form);
  }
}
