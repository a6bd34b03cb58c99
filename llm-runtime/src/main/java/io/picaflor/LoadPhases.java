package io.picaflor;

import java.time.Duration;

/**
 * Where the time of {@link Timings#load} went; the phases follow one another, and their sum is the whole.
 *
 * @param open mapping the file, and its table of contents
 * @param kernels choosing the tier of kernels, starting the threads
 * @param plan reading the plan where the weight cache has it; else reading the graph, checking it, and planning what to do for
 *     a token
 * @param weights finding the packed weights in the cache, or packing them
 * @param tokenizer reading the tokenizer, the metadata and the template
 */
public record LoadPhases(Duration open, Duration kernels, Duration plan, Duration weights, Duration tokenizer) {
  /** All of them together. */
  public Duration total() {
    return open.plus(kernels).plus(plan).plus(weights).plus(tokenizer);
  }
}
