package io.picaflor.description;

import io.picaflor.ModelDescription;
import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.GraphOutline;
import io.picaflor.graph.GraphReader;
import io.picaflor.model.Bytes;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Describes one graph of a model file: its signatures, those we cannot read too, and its weights. */
final class GraphDescriber {
  private GraphDescriber() {}

  /**
   * Describes a graph.
   *
   * @throws ModelFormatException if it is damaged, in any signature
   */
  static ModelDescription.Graph describe(String role, Bytes graph, Optional<MemorySegment> externalWeights)
      throws ModelFormatException {
    GraphReader reader = new GraphReader(graph, externalWeights);
    GraphOutline outline = GraphOutline.of(graph);
    WeightCensus weights = new WeightCensus();
    List<ModelDescription.Signature> signatures = new ArrayList<>();
    for (GraphOutline.Signature signature : outline.signatures()) {
      Optional<String> unsupported = Optional.empty();
      try {
        weights.add(reader.signature(signature.name()).body());
      } catch (UnsupportedModelException e) {
        unsupported = Optional.of(e.what());
      }
      signatures.add(new ModelDescription.Signature(
          signature.name(),
          operands(signature.inputs()),
          operands(signature.outputs()),
          mostFrequentFirst(signature.operators()),
          List.copyOf(signature.composites()),
          unsupported));
    }
    return new ModelDescription.Graph(
        role, graph.size(), signatures, weights.formats(), weights.parameters(), outline.metadata());
  }

  private static List<ModelDescription.Operand> operands(List<GraphOutline.Operand> operands) {
    return operands.stream().map(o -> new ModelDescription.Operand(o.name(), o.type(), o.shape())).toList();
  }

  private static Map<String, Integer> mostFrequentFirst(Map<String, Integer> counts) {
    Map<String, Integer> sorted = new LinkedHashMap<>();
    counts.entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
        .forEach(e -> sorted.put(e.getKey(), e.getValue()));
    return sorted;
  }
}
