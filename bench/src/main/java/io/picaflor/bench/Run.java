package io.picaflor.bench;

import io.picaflor.GenerationOptions;
import io.picaflor.Model;
import io.picaflor.Session;
import io.picaflor.Timings;
import io.picaflor.Token;
import io.picaflor.TokenStream;

/**
 * One run of a workload, measured from outside through the public API, as a user's program would see it.
 *
 * @param prefillTps prompt tokens a second, until the logits of the last one are there
 * @param ttftNanos from the call with the prompt until its first token's text is handed over
 * @param firstTextAt that moment, by {@link System#nanoTime}
 * @param gaps nanoseconds between successive tokens; one for each decoded token
 * @param timings what the runtime says of itself
 */
record Run(double prefillTps, long ttftNanos, long firstTextAt, long[] gaps, Timings timings) {

  /** Runs a workload in a session, whose context it forgets first. Greedily, and stop tokens end nothing. */
  static Run of(Model model, Session session, Workload workload) {
    session.rewind(0);
    if (workload.depth() > 0) {
      fill(session, Prompt.beginning(model, workload.depth()));
    }
    Prompt prompt = workload.depth() > 0
        ? Prompt.continuing(model, workload.prefillTokens())
        : Prompt.beginning(model, workload.prefillTokens());
    GenerationOptions options =
        GenerationOptions.GREEDY.withMaxNewTokens(workload.decodeTokens() + 1).withIgnoreStopTokens(true);
    long[] handedOver = new long[workload.decodeTokens() + 1];
    long firstTextAt = 0;
    int count = 0;
    long start = System.nanoTime();
    try (TokenStream stream = prompt.feed(session, options)) {
      while (stream.hasNext()) {
        Token token = stream.next();
        handedOver[count] = System.nanoTime();
        if (firstTextAt == 0 && !token.text().isEmpty()) {
          firstTextAt = handedOver[count];
        }
        count++;
      }
      if (count < handedOver.length) {
        throw new IllegalStateException("the run ended after " + count + " of " + handedOver.length + " tokens: "
            + stream.finishReason().orElseThrow());
      }
      // Special tokens have no text, nor has any token of a file without tokenizer.
      long first = firstTextAt == 0 ? handedOver[0] : firstTextAt;
      Timings timings = stream.timings();
      return new Run(timings.prefillTokensPerSecond(), first - start, first, gaps(handedOver), timings);
    }
  }

  private static void fill(Session session, Prompt before) {
    try (TokenStream stream = session.generate(before.ids(), GenerationOptions.GREEDY.withIgnoreStopTokens(true))) {
      stream.next();
    }
    session.rewind(before.ids().length);
  }

  private static long[] gaps(long[] moments) {
    long[] gaps = new long[moments.length - 1];
    for (int i = 0; i < gaps.length; i++) {
      gaps[i] = moments[i + 1] - moments[i];
    }
    return gaps;
  }

  /** Decoded tokens a second: steps of feeding one and choosing the next. 0 if there were none. */
  double decodeTps() {
    long nanos = 0;
    for (long gap : gaps) {
      nanos += gap;
    }
    return nanos == 0 ? 0 : gaps.length * 1e9 / nanos;
  }
}
