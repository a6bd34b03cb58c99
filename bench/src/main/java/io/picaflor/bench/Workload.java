package io.picaflor.bench;

/**
 * What one run computes.
 *
 * @param prefillTokens length of the prompt that is fed in one call; 1 or more
 * @param decodeTokens steps after the prompt, each of which feeds a token and chooses the next; 0 or more
 * @param depth tokens in the context before the prompt; 0 or more
 */
record Workload(int prefillTokens, int decodeTokens, int depth) {

  /** How many tokens the context has to hold. The last chosen token is not fed. */
  long contextTokens() {
    return (long) depth + prefillTokens + decodeTokens;
  }
}
