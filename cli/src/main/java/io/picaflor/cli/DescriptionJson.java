package io.picaflor.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.picaflor.GenerationOptions;
import io.picaflor.ModelDescription;
import io.picaflor.cli.verb.Json;
import java.util.List;
import java.util.Map;

/** A model's description as a JSON object; what the file does not have is left out. */
final class DescriptionJson {
  private DescriptionJson() {}

  static ObjectNode of(ModelDescription model) {
    ObjectNode node = Json.MAPPER.createObjectNode();
    node.put("file", model.name()).put("bytes", model.bytes()).put("format", model.format());
    ModelDescription.Execution execution = model.execution();
    node.put("runs", execution.refusal().isEmpty());
    execution.refusal().ifPresent(text -> node.put("refusal", text));
    execution.network().ifPresent(text -> node.put("network", text));
    execution.contextLength().ifPresent(n -> node.put("context_length", n));
    execution.vocabularySize().ifPresent(n -> node.put("vocabulary_size", n));
    node.put("parameters", model.parameters());
    model.tokenizer().ifPresent(t -> node.putObject("tokenizer").put("kind", t.kind()).put("pieces", t.pieces()));
    model.metadata().ifPresent(m -> metadata(node.putObject("metadata"), m));
    texts(node.putObject("system_metadata"), model.systemMetadata());
    ArrayNode sections = node.putArray("sections");
    model.sections().forEach(s -> section(sections.addObject(), s));
    ArrayNode graphs = node.putArray("graphs");
    model.graphs().forEach(g -> graph(graphs.addObject(), g));
    return node;
  }

  private static void section(ObjectNode node, ModelDescription.Section section) {
    node.put("name", section.name()).put("type", section.type());
    node.put("offset", section.offset()).put("bytes", section.bytes());
    texts(node.putObject("items"), section.items());
    if (!section.note().isEmpty()) {
      node.put("note", section.note());
    }
  }

  private static void texts(ObjectNode node, Map<String, String> map) {
    map.forEach(node::put);
  }

  private static void graph(ObjectNode node, ModelDescription.Graph graph) {
    node.put("role", graph.role()).put("bytes", graph.bytes()).put("parameters", graph.parameters());
    ArrayNode weights = node.putArray("weights");
    for (ModelDescription.WeightFormat w : graph.weights()) {
      weights.addObject().put("format", w.format()).put("matrices", w.matrices())
          .put("parameters", w.parameters()).put("bytes", w.bytes());
    }
    graph.metadata().forEach(node.putArray("metadata")::add);
    ArrayNode signatures = node.putArray("signatures");
    for (ModelDescription.Signature s : graph.signatures()) {
      ObjectNode signature = signatures.addObject().put("name", s.name());
      s.unsupported().ifPresent(text -> signature.put("unsupported", text));
      operands(signature.putArray("inputs"), s.inputs());
      operands(signature.putArray("outputs"), s.outputs());
      ObjectNode operators = signature.putObject("operators");
      s.operators().forEach(operators::put);
      s.composites().forEach(signature.putArray("composites")::add);
    }
  }

  private static void operands(ArrayNode array, List<ModelDescription.Operand> operands) {
    for (ModelDescription.Operand operand : operands) {
      ObjectNode node = array.addObject().put("name", operand.name()).put("type", operand.type());
      operand.shape().forEach(node.putArray("shape")::add);
    }
  }

  private static void metadata(ObjectNode node, ModelDescription.Metadata metadata) {
    node.put("model_type", metadata.modelType());
    metadata.startToken().ifPresent(t -> tokens(node.putObject("start_token"), t));
    ArrayNode stops = node.putArray("stop_tokens");
    metadata.stopTokens().forEach(t -> tokens(stops.addObject(), t));
    metadata.chatTemplate().ifPresent(text -> node.put("chat_template", text));
    metadata.sampler().ifPresent(s -> sampler(node.putObject("sampler"), s));
    metadata.maxTokens().ifPresent(n -> node.put("max_tokens", n));
    node.put("suppressed_tokens", metadata.suppressedTokens());
    metadata.channels().forEach(node.putArray("channels")::add);
    metadata.minRuntimeVersion().ifPresent(text -> node.put("min_runtime_version", text));
  }

  private static void tokens(ObjectNode node, ModelDescription.TokenSequence tokens) {
    tokens.ids().forEach(node.putArray("ids")::add);
    node.put("text", tokens.text());
  }

  private static void sampler(ObjectNode node, GenerationOptions options) {
    // The file holds float32: 0.7, not 0.699999988079071.
    node.put("temperature", (float) options.temperature()).put("top_k", options.topK()).put("top_p",
        (float) options.topP());
    node.put("seed", options.seed());
  }
}
