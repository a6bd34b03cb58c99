package io.picaflor.model;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What a model's file says about how to use it: special tokens, prompt format, sampling defaults, context length.
 *
 * <p>One record for the two messages in use: {@code litert.lm.proto.LlmMetadata} ({@code .litertlm}, newer
 * {@code .task}) and MediaPipe's {@code LlmParameters} (older {@code .task}); reference/FORMATS.md, 3.1 and 3.3. Token
 * ids are not negative; whether they are in the vocabulary is for whoever knows it. Immutable.
 *
 * @param startToken the token before all text; of several ids only the first counts
 * @param stopTokens what ends an answer, each a sequence of 1 to 64 ids or a text
 * @param promptTemplates text before and after each role's turn
 * @param sampler the sampling that the model was published with
 * @param maxNumTokens the context length that the model was exported for; at least 1
 * @param modelType the kind of model, such as {@code gemma3} or {@code qwen2p5}; {@code generic_model} if the file says
 *     nothing, or a kind that is newer than this reader
 * @param jinjaTemplate a chat template in Jinja; if there, it wins over {@code promptTemplates}
 * @param channels parts of an answer that are marked off, such as reasoning
 * @param suppressTokens ids that are never to be generated
 * @param kvCacheInitValue what an empty cache is filled with
 * @param padToken the token for rows that hold none
 * @param supportsThinking whether the chat template knows reasoning
 * @param supportsFunctionCalling whether the chat template knows tools
 * @param minRuntimeVersion the oldest LiteRT-LM that the file is meant for, for display
 * @param bytesToUnicode whether text is mapped byte by byte to GPT-2's printable characters before it is tokenized, and
 *     back afterwards
 */
public record LlmMetadata(
    Optional<Token> startToken,
    List<Token> stopTokens,
    Optional<PromptTemplates> promptTemplates,
    Optional<Sampler> sampler,
    OptionalInt maxNumTokens,
    String modelType,
    Optional<String> jinjaTemplate,
    List<Channel> channels,
    List<Integer> suppressTokens,
    OptionalLong kvCacheInitValue,
    Optional<Token> padToken,
    Optional<Boolean> supportsThinking,
    Optional<Boolean> supportsFunctionCalling,
    Optional<String> minRuntimeVersion,
    boolean bytesToUnicode) {

  /** A token as metadata name it: by ids, or by a text whose ids only the tokenizer knows. */
  public sealed interface Token {
    /** A sequence of one or more ids. */
    record Ids(List<Integer> ids) implements Token {}

    /** A piece of the vocabulary, or else a text to be tokenized; not empty. */
    record Text(String text) implements Token {}
  }

  /** Text before and after what a role says; empty where there is none. */
  public record Affixes(String prefix, String suffix) {
    /** Nothing before, nothing after. */
    public static final Affixes NONE = new Affixes("", "");
  }

  /**
   * A turn is {@code user.prefix + text + user.suffix + model.prefix}; after the answer {@code model.suffix} belongs to
   * the history.
   */
  public record PromptTemplates(Affixes user, Affixes model, Affixes system) {}

  /** A part of an answer between two marks. */
  public record Channel(String name, String start, String end, Optional<Boolean> reasoning) {}

  /** How the sampler is named in the file. */
  public enum SamplerType {
    /** Not said, or newer than this reader; LiteRT-LM takes it as {@link #TOP_P}. */
    UNSPECIFIED,
    /** The k best. */
    TOP_K,
    /** The k best, of these the smallest set that reaches p. */
    TOP_P,
    /** The best. */
    GREEDY
  }

  /**
   * Sampling defaults. The format stores no zeros, so a 0 in k, p or temperature is empty here.
   *
   * @param type the kind
   * @param k how many of the best tokens take part, at least 1
   * @param p the probability that those taking part reach together, in (0, 1]
   * @param temperature what the logits are divided by, above 0
   * @param seed of the random numbers
   */
  public record Sampler(
      SamplerType type, OptionalInt k, Optional<Float> p, Optional<Float> temperature, OptionalInt seed) {}

  /** As the canonical constructor, with lists copied. */
  public LlmMetadata {
    stopTokens = List.copyOf(stopTokens);
    channels = List.copyOf(channels);
    suppressTokens = List.copyOf(suppressTokens);
  }
}
