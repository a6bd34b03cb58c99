package io.picaflor.graph;

import java.util.List;

/**
 * A list of nodes in order of execution, with the tensors that go in and come out.
 *
 * <p>Checked when it was read: each operand is a constant, an input, or the result of an earlier node; each tensor is
 * written once; inputs and outputs are tensors of this subgraph.
 *
 * @param index its number in the file
 */
public record Subgraph(int index, String name, List<Tensor> inputs, List<Tensor> outputs, List<Node> nodes) {
  public Subgraph {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    nodes = List.copyOf(nodes);
  }
}
