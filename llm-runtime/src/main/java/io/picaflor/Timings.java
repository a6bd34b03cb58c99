package io.picaflor;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What loading a model and generating an answer took, under the names that the program's JSON and the documents use.
 *
 * @param load from the call of {@link Model#load} until the model could take tokens
 * @param loadPhases where that time went
 * @param weightCache where the packed weights came from: {@code hit}, {@code built}, {@code memory} or {@code none}; see
 *     {@link WeightCacheUse}
 * @param weightCacheReason one line: the cache's file and its size, or why there is none
 * @param kernels the tier of kernels, such as {@code vector, 512 bit}
 * @param network how the graph is run, such as {@code reference}
 * @param threads how many threads compute
 * @param session making the session: its memory, the code of its steps
 * @param tokenization from text to ids
 * @param prefillTokens prompt tokens fed, the last one included
 * @param prefill the time that took, until the logits of the last one were there
 * @param timeToFirstToken from the call with text or ids until the first token could be handed over; empty before that
 * @param decodeTokens tokens fed after the prompt
 * @param decode the time that took
 * @param peakResidentBytes highest resident set of the process, mapped file pages included; empty where unknown
 * @param peakAnonymousBytes the part of it that the process alone pays for; empty where unknown
 * @param cpu processor time of the process so far; empty where unknown
 */
public record Timings(
    Duration load,
    LoadPhases loadPhases,
    String weightCache,
    String weightCacheReason,
    String kernels,
    String network,
    int threads,
    Duration session,
    Duration tokenization,
    int prefillTokens,
    Duration prefill,
    Optional<Duration> timeToFirstToken,
    int decodeTokens,
    Duration decode,
    OptionalLong peakResidentBytes,
    OptionalLong peakAnonymousBytes,
    Optional<Duration> cpu) {

  /** Prompt tokens a second; 0 if none were fed. */
  public double prefillTokensPerSecond() {
    return rate(prefillTokens, prefill);
  }

  /** Generated tokens a second, after the first; 0 if there were none. */
  public double decodeTokensPerSecond() {
    return rate(decodeTokens, decode);
  }

  private static double rate(int tokens, Duration time) {
    return tokens == 0 || time.isZero() ? 0 : tokens * 1e9 / time.toNanos();
  }

  /** A line for people. */
  @Override
  public String toString() {
    StringBuilder line = new StringBuilder();
    line.append(
        String.format(java.util.Locale.ROOT, "load %d ms, prompt %d tokens at %.1f/s", load.toMillis(), prefillTokens,
            prefillTokensPerSecond()));
    timeToFirstToken.ifPresent(time -> line.append(", first token after ").append(time.toMillis()).append(" ms"));
    if (decodeTokens > 0) {
      line.append(String.format(java.util.Locale.ROOT, ", then %.1f tokens/s", decodeTokensPerSecond()));
    }
    peakResidentBytes.ifPresent(bytes -> line.append(", peak ").append(bytes >> 20).append(" MB"));
    return line.append(" (").append(network).append(", ").append(kernels).append(", ").append(threads)
        .append(threads == 1 ? " thread)" : " threads)").toString();
  }
}
