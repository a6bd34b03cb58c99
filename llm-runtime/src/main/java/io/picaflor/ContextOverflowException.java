package io.picaflor;

/** A prompt does not fit into what is left of the context. Nothing was computed, and the session is as it was. */
public final class ContextOverflowException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int tokens;
  private final int available;

  /**
   * A prompt that does not fit.
   *
   * @param tokens how many tokens it has
   * @param available how many the context still holds
   * @param contextLength how many it holds in all
   */
  public ContextOverflowException(int tokens, int available, int contextLength) {
    super("the prompt has " + tokens + " tokens, but the context of " + contextLength + " has room for " + available
        + (available < contextLength ? "; begin a new session" : "; shorten the prompt"));
    this.tokens = tokens;
    this.available = available;
  }

  /** How many tokens the prompt has. */
  public int tokens() {
    return tokens;
  }

  /** How many tokens the context still holds. */
  public int available() {
    return available;
  }
}
