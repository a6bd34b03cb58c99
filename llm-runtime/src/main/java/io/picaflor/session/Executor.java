package io.picaflor.session;

import io.picaflor.kvcache.KvTransfer;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * One context of a {@link Network}: feeds it tokens and keeps what it remembers of them.
 *
 * <p>Callers pass ids of the vocabulary and no more tokens than {@link #contextLength()} allows; both are checked here once
 * more. Belongs to one thread at a time.
 */
public interface Executor extends AutoCloseable {

  /** The most tokens that this context holds. */
  int contextLength();

  /** The number of tokens fed so far, which is the position of the next one. */
  int position();

  /**
   * Feeds tokens whose logits nobody needs.
   *
   * @param cancelled asked between steps; once it is true no further step begins
   * @return how many tokens were fed: all of them, unless cancelled
   */
  int prefill(int[] tokens, BooleanSupplier cancelled);

  /**
   * Feeds one token.
   *
   * @return the logits of the token after it, one float32 for each id in native order; valid until the next call
   */
  MemorySegment decode(int token);

  /**
   * Feeds tokens, and gives the logits of the one after the last of them.
   *
   * @param tokens at least one
   * @param cancelled asked between steps; once it is true no further step begins
   * @return the same as {@link #decode} of the last one; {@code null} if cancelled before it was fed
   */
  default MemorySegment evaluate(int[] tokens, BooleanSupplier cancelled) {
    int before = tokens.length - 1;
    if (prefill(java.util.Arrays.copyOf(tokens, before), cancelled) < before || cancelled.getAsBoolean()) {
      return null;
    }
    return decode(tokens[before]);
  }

  /**
   * Forgets what was fed after a position.
   *
   * @return the position that was reached: {@code position}, or the next one before it that the state can go back to, at
   *     worst 0; the tokens from there on are to be fed again
   */
  int rewind(int position);

  /** Another context of the same network and length that has been fed the same; each goes its own way from now on. */
  Executor fork();

  /**
   * How what this context remembers goes to a file and back. Empty where it cannot: then the tokens have to be fed again.
   *
   * @return borrows the context; valid until the context is next used otherwise
   */
  default Optional<KvTransfer> transfer() {
    return Optional.empty();
  }

  /** Frees the context's memory; a second time does nothing. */
  @Override
  void close();
}
