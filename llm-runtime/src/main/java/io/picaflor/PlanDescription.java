package io.picaflor;

import java.util.List;
import java.util.Optional;

/**
 * What a model computes for a token, step by step: made by {@link Model#describePlan}. Immutable.
 *
 * @param obstacle why there is no plan, so that the reference executor runs the file; empty if there is one
 * @param steps in order; none if there is no plan
 */
public record PlanDescription(Optional<String> obstacle, List<Step> steps) {
  public PlanDescription {
    steps = List.copyOf(steps);
  }

  /**
   * One step.
   *
   * @param number counts the steps; others name it by it
   * @param head whether it runs for tokens whose logits are wanted only
   * @param operation what is computed, such as {@code attention}
   * @param operands what it reads: numbers of steps with {@code #}, or names
   * @param shape of its result for one token
   * @param details attributes, such as {@code 4 heads over 1, window 512}; may be empty
   * @param weightBytes weights that it reads for a step of any number of tokens
   * @param positionBytes keys and values that it reads for each position that a token sees, as float32
   * @param multiplyAdds multiply-adds for one token, attention's left out
   * @param kernel whether a kernel computes it; else the reference executor's operation, row by row
   */
  public record Step(
      int number, boolean head, String operation, List<String> operands, List<Integer> shape, String details,
      long weightBytes, long positionBytes, long multiplyAdds, boolean kernel) {
    public Step {
      operands = List.copyOf(operands);
      shape = List.copyOf(shape);
    }
  }

  /** Weights that decoding a token reads. */
  public long weightBytes() {
    return steps.stream().mapToLong(Step::weightBytes).sum();
  }

  /** Multiply-adds of a token that is decoded, attention's left out. */
  public long multiplyAdds() {
    return steps.stream().mapToLong(Step::multiplyAdds).sum();
  }
}
