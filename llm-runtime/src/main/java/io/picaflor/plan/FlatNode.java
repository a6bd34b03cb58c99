package io.picaflor.plan;

import io.picaflor.graph.Node;
import io.picaflor.graph.Op;
import io.picaflor.graph.Signature;
import io.picaflor.graph.Subgraph;
import io.picaflor.graph.Tensor;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A node of a signature, composites taken apart, whose tensors are told apart by slots: a decomposition may be used twice.
 *
 * @param inputs the slot of each operand; {@link #NONE} where an optional one is absent
 */
record FlatNode(Node node, String where, List<Integer> inputs, List<Integer> outputs) {
  static final int NONE = -1;

  /** Composites that are computed as such, for their decomposition is wrong in some exports (FORMATS.md, 5.7). */
  static final String SCALED_DOT_PRODUCT = "odml.scaled_dot_product_attention";

  private static final int MAX_NODES = 1_000_000;

  /**
   * A signature as a list of nodes in order of execution.
   *
   * @param constants the slots that hold constants of the file
   */
  record Body(
      List<FlatNode> nodes, Map<String, Integer> inputs, Map<String, Integer> outputs,
      Map<Integer, Tensor> constants) {}

  /** Takes the composites of a signature apart. */
  static Body flatten(Signature signature) throws NotPlannable {
    Flattening flattening = new Flattening();
    Map<Tensor, Integer> slots = new IdentityHashMap<>();
    Map<String, Integer> inputs = new java.util.TreeMap<>();
    signature.inputs().forEach((name, tensor) -> inputs.put(name, flattening.slot(slots, tensor)));
    flattening.add(signature.body(), slots, signature.name());
    Map<String, Integer> outputs = new java.util.TreeMap<>();
    signature.outputs().forEach((name, tensor) -> outputs.put(name, flattening.slot(slots, tensor)));
    return new Body(List.copyOf(flattening.nodes), inputs, outputs, flattening.constants);
  }

  /** The nodes that some slots depend on, in order of execution. */
  static List<FlatNode> needed(Body body, Iterable<Integer> wanted) {
    Set<Integer> slots = new java.util.HashSet<>();
    wanted.forEach(slots::add);
    List<FlatNode> needed = new ArrayList<>();
    for (FlatNode node : body.nodes().reversed()) {
      if (node.outputs.stream().anyMatch(slots::contains)) {
        slots.addAll(node.inputs);
        needed.addFirst(node);
      }
    }
    return needed;
  }

  /** The work of {@link #flatten}. */
  private static final class Flattening {
    private final List<FlatNode> nodes = new ArrayList<>();
    private final Map<Integer, Tensor> constants = new java.util.HashMap<>();
    private int count;

    int slot(Map<Tensor, Integer> slots, Tensor tensor) {
      return slots.computeIfAbsent(tensor, t -> {
        if (t.isConstant()) {
          constants.put(count, t);
        }
        return count++;
      });
    }

    void add(Subgraph subgraph, Map<Tensor, Integer> slots, String where) throws NotPlannable {
      for (Node node : subgraph.nodes()) {
        String here = where + ", operator " + node.index() + " (" + node.op().label() + ")";
        if (nodes.size() >= MAX_NODES) {
          throw new NotPlannable(here + ": more than " + MAX_NODES + " operations");
        }
        List<Integer> inputs = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
          inputs.add(node.hasInput(i) ? slot(slots, node.input(i)) : NONE);
        }
        if (node.op() instanceof Op.Composite composite && !composite.name().equals(SCALED_DOT_PRODUCT)) {
          inline(node, composite.decomposition(), inputs, slots, here);
        } else {
          List<Integer> outputs = new ArrayList<>();
          node.outputs().forEach(output -> outputs.add(slot(slots, output)));
          nodes.add(new FlatNode(node, here, inputs, outputs));
        }
      }
    }

    private void inline(Node node, Subgraph body, List<Integer> inputs, Map<Tensor, Integer> outer, String where)
        throws NotPlannable {
      Map<Tensor, Integer> inner = new IdentityHashMap<>();
      for (int i = 0; i < body.inputs().size(); i++) {
        inner.put(body.inputs().get(i), inputs.get(i));
      }
      add(body, inner, where);
      for (int i = 0; i < body.outputs().size(); i++) {
        outer.put(node.outputs().get(i), slot(inner, body.outputs().get(i)));
      }
    }
  }
}
