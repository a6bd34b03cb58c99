package io.picaflor;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * How tokens are chosen and when to stop. Immutable; change one with the {@code with} methods.
 *
 * <p>The order of steps: suppressed tokens are never chosen; temperature 0 takes the token with the largest logit, of equal
 * ones the lowest id; else top-k, then the softmax of {@code logits / temperature}, then top-p, then min-p, then a draw from a
 * generator that gives the same tokens for the same seed on every machine. It is LiteRT-LM's order, under which the models'
 * own defaults were chosen.
 *
 * @param maxNewTokens end after so many tokens; at least 1
 * @param temperature 0 for the best token always; above 1 evens the chances out, below 1 sharpens them
 * @param topK only the k best tokens take part; 0 for all
 * @param topP of these, only the smallest set whose probabilities reach p; 1 for all
 * @param minP of these, only tokens at least this fraction as probable as the best one; 0 for all
 * @param seed of the random numbers; the same seed gives the same tokens
 * @param stopSequences texts that end the answer and are not part of it; none may be empty
 * @param ignoreStopTokens whether the model's own stop tokens are tokens like any other, so that an answer ends by its length:
 *     what a measurement needs, and no conversation
 */
public record GenerationOptions(
    int maxNewTokens,
    double temperature,
    int topK,
    double topP,
    double minP,
    long seed,
    List<String> stopSequences,
    boolean ignoreStopTokens) {

  /** The best token at each step, until the model stops or the context is full. */
  public static final GenerationOptions GREEDY =
      new GenerationOptions(Integer.MAX_VALUE, 0, 0, 1, 0, 0, List.of(), false);

  public GenerationOptions {
    require(maxNewTokens >= 1, "maxNewTokens", "1 or more", maxNewTokens);
    require(temperature >= 0 && temperature <= 100, "temperature", "0 to 100", temperature);
    require(topK >= 0, "topK", "0 (all) or more", topK);
    require(topP > 0 && topP <= 1, "topP", "above 0 and at most 1", topP);
    require(minP >= 0 && minP < 1, "minP", "0 or more and below 1", minP);
    stopSequences = List.copyOf(stopSequences);
    for (String stop : stopSequences) {
      if (stop.isEmpty()) {
        throw new IllegalArgumentException("stopSequences: an empty text would end every answer at once");
      }
    }
  }

  private static void require(boolean holds, String name, String range, Number found) {
    if (!holds) {
      throw new IllegalArgumentException(name + ": expected " + range + ", found " + found);
    }
  }

  /** The same but for the number of tokens to generate at most. */
  public GenerationOptions withMaxNewTokens(int value) {
    return new GenerationOptions(value, temperature, topK, topP, minP, seed, stopSequences, ignoreStopTokens);
  }

  /** The same but for the temperature. */
  public GenerationOptions withTemperature(double value) {
    return new GenerationOptions(maxNewTokens, value, topK, topP, minP, seed, stopSequences, ignoreStopTokens);
  }

  /** The same but for the number of best tokens that take part. */
  public GenerationOptions withTopK(int value) {
    return new GenerationOptions(maxNewTokens, temperature, value, topP, minP, seed, stopSequences, ignoreStopTokens);
  }

  /** The same but for the probability that the tokens taking part reach together. */
  public GenerationOptions withTopP(double value) {
    return new GenerationOptions(maxNewTokens, temperature, topK, value, minP, seed, stopSequences, ignoreStopTokens);
  }

  /** The same but for the least probability beside the best token's. */
  public GenerationOptions withMinP(double value) {
    return new GenerationOptions(maxNewTokens, temperature, topK, topP, value, seed, stopSequences, ignoreStopTokens);
  }

  /** The same but for the seed. */
  public GenerationOptions withSeed(long value) {
    return new GenerationOptions(maxNewTokens, temperature, topK, topP, minP, value, stopSequences, ignoreStopTokens);
  }

  /** The same with one more text that ends the answer. */
  public GenerationOptions withStopSequence(String text) {
    List<String> more = new ArrayList<>(stopSequences);
    more.add(Objects.requireNonNull(text));
    return new GenerationOptions(maxNewTokens, temperature, topK, topP, minP, seed, more, ignoreStopTokens);
  }

  /** The same, but with the model's stop tokens ending the answer or not. */
  public GenerationOptions withIgnoreStopTokens(boolean value) {
    return new GenerationOptions(maxNewTokens, temperature, topK, topP, minP, seed, stopSequences, value);
  }
}
