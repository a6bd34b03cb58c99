package io.picaflor.graph;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * A named entry point of a graph; operands and results go by name, never by order.
 *
 * @param body the nodes
 * @param inputs name to tensor, sorted by name
 * @param outputs name to tensor, sorted by name
 */
public record Signature(String name, Subgraph body, Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
  public Signature {
    inputs = Collections.unmodifiableMap(new TreeMap<>(inputs));
    outputs = Collections.unmodifiableMap(new TreeMap<>(outputs));
  }
}
