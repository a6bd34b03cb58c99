package io.picaflor.graph;

import java.util.List;
import java.util.Optional;

/**
 * One operation of a subgraph.
 *
 * @param index its place in the order of execution
 * @param op what it computes
 * @param inputs its operands in order; an optional one that is absent is empty
 * @param outputs its results in order
 */
public record Node(int index, Op op, List<Optional<Tensor>> inputs, List<Tensor> outputs) {
  public Node {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** An operand that must be there; {@link GraphReader} has checked it. */
  public Tensor input(int i) {
    return inputs.get(i).orElseThrow();
  }

  /** Whether an optional operand is there. */
  public boolean hasInput(int i) {
    return i < inputs.size() && inputs.get(i).isPresent();
  }

  /** The single result, or the first of several. */
  public Tensor output() {
    return outputs.getFirst();
  }
}
