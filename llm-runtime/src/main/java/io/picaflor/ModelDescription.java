package io.picaflor;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is in a model file, as plain values for people and programs: made by {@link Model#describe}. Immutable; holds nothing
 * of the file open.
 *
 * <p>Names and texts are those of the file, which may hold anything: clean them before they reach a terminal.
 *
 * @param name the file's name, as it was given
 * @param bytes the file's size
 * @param format the container's format with its version, such as {@code .litertlm 1.7.0}
 * @param systemMetadata what the file says about itself: authors, time, identity
 * @param sections all parts of the file, in its own order
 * @param graphs the graphs that a language model consists of
 * @param metadata what the file says about prompts, stops and sampling
 * @param tokenizer the tokenizer
 * @param execution whether and how the model runs here
 */
public record ModelDescription(
    String name,
    long bytes,
    String format,
    Map<String, String> systemMetadata,
    List<Section> sections,
    List<Graph> graphs,
    Optional<Metadata> metadata,
    Optional<TokenizerSummary> tokenizer,
    Execution execution) {

  /** As the canonical constructor, with collections copied. */
  public ModelDescription {
    systemMetadata = ordered(systemMetadata);
    sections = List.copyOf(sections);
    graphs = List.copyOf(graphs);
  }

  /** Numbers in the weight matrices, vectors and single values of all graphs, each counted once. */
  public long parameters() {
    return graphs.stream().mapToLong(Graph::parameters).sum();
  }

  /**
   * A part of the file.
   *
   * @param name an entry's name or a section's {@code model_type}; empty if it has none
   * @param type what it holds, as the format names it; {@code type N} for a number that is not known
   * @param offset where it starts in the file
   * @param bytes its size
   * @param items what the file says about it, by key
   * @param note why it is left alone; empty for a part that is used
   */
  public record Section(String name, String type, long offset, long bytes, Map<String, String> items, String note) {
    /** As the canonical constructor, with the map copied. */
    public Section {
      items = ordered(items);
    }
  }

  /**
   * A graph of the language model.
   *
   * @param role its {@code model_type}, such as {@code tf_lite_prefill_decode}
   * @param bytes its size, without weights in other sections
   * @param signatures its entry points, in the file's order
   * @param weights its weight matrices by number format, the largest share first; without those that only signatures use
   *     which we cannot read
   * @param parameters numbers in its weight matrices, vectors and single values
   * @param metadata names of the graph's own metadata entries
   */
  public record Graph(
      String role,
      long bytes,
      List<Signature> signatures,
      List<WeightFormat> weights,
      long parameters,
      List<String> metadata) {
    /** As the canonical constructor, with lists copied. */
    public Graph {
      signatures = List.copyOf(signatures);
      weights = List.copyOf(weights);
      metadata = List.copyOf(metadata);
    }
  }

  /**
   * An entry point of a graph.
   *
   * @param inputs its operands, in the file's order
   * @param outputs its results, in the file's order
   * @param operators how often each operation stands in it, by name, the most frequent first; composites by their own names,
   *     without what they consist of
   * @param composites which of those are composites
   * @param unsupported what it needs and we do not do; empty if there is no such thing
   */
  public record Signature(
      String name,
      List<Operand> inputs,
      List<Operand> outputs,
      Map<String, Integer> operators,
      List<String> composites,
      Optional<String> unsupported) {
    /** As the canonical constructor, with collections copied. */
    public Signature {
      inputs = List.copyOf(inputs);
      outputs = List.copyOf(outputs);
      operators = ordered(operators);
      composites = List.copyOf(composites);
    }
  }

  /**
   * A named operand or result.
   *
   * @param type the element type, such as {@code float32}
   * @param shape its sizes, outermost first; empty for a scalar, -1 for a size that is known at run time only
   */
  public record Operand(String name, String type, List<Integer> shape) {
    /** As the canonical constructor, with the list copied. */
    public Operand {
      shape = List.copyOf(shape);
    }
  }

  /**
   * Weight matrices of one number format.
   *
   * @param format such as {@code int8 per channel} or {@code int4 in blocks of 32}
   * @param matrices how many
   * @param parameters numbers in them
   * @param bytes their size with scales
   */
  public record WeightFormat(String format, int matrices, long parameters, long bytes) {}

  /**
   * What the file says about how to use the model.
   *
   * @param modelType the kind of model, such as {@code gemma3}
   * @param startToken what stands before all text
   * @param stopTokens what ends an answer
   * @param chatTemplate where prompts of conversations come from, if the file says so
   * @param sampler how tokens should be chosen; empty for greedily
   * @param maxTokens the context length that the file asks for
   * @param suppressedTokens how many ids are never to be generated
   * @param channels names of the parts of an answer that are marked off, such as reasoning
   * @param minRuntimeVersion the oldest LiteRT-LM that the file is meant for
   */
  public record Metadata(
      String modelType,
      Optional<TokenSequence> startToken,
      List<TokenSequence> stopTokens,
      Optional<String> chatTemplate,
      Optional<GenerationOptions> sampler,
      OptionalInt maxTokens,
      int suppressedTokens,
      List<String> channels,
      Optional<String> minRuntimeVersion) {
    /** As the canonical constructor, with lists copied. */
    public Metadata {
      stopTokens = List.copyOf(stopTokens);
      channels = List.copyOf(channels);
    }
  }

  /**
   * Tokens as the metadata name them: by ids, or by a text.
   *
   * @param ids the ids; empty if the file gives a text
   * @param text the text, or the pieces of the ids where there is a tokenizer
   */
  public record TokenSequence(List<Integer> ids, String text) {
    /** As the canonical constructor, with the list copied. */
    public TokenSequence {
      ids = List.copyOf(ids);
    }
  }

  /**
   * The tokenizer.
   *
   * @param kind {@code SentencePiece} or {@code tokenizer.json}
   * @param pieces one more than its largest id
   */
  public record TokenizerSummary(String kind, int pieces) {}

  /**
   * Whether and how the model runs here. All is empty but the refusal, or the refusal is.
   *
   * @param network what runs the graph, such as {@code reference}
   * @param contextLength the most tokens that a session can hold
   * @param vocabularySize how many logits there are
   * @param refusal why it does not run
   */
  public record Execution(
      Optional<String> network, OptionalInt contextLength, OptionalInt vocabularySize, Optional<String> refusal) {}

  private static <V> Map<String, V> ordered(Map<String, V> map) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }
}
