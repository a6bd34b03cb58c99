package io.picaflor.session;

import io.picaflor.WeightCacheUse;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The arithmetic of a loaded model: token ids in, logits out. Immutable, safe for many threads.
 *
 * <p>What a token is and which one to take next is for others to know.
 */
public interface Network {

  /** Token ids are 0 to this number less one. */
  int vocabularySize();

  /** The most tokens that a context can hold, as the graph was exported. */
  int contextLength();

  /** How the network is run, for people, such as {@code reference}. */
  String description();

  /** Bytes of weights that decoding one token reads; empty where nobody has counted them. */
  default OptionalLong weightBytesPerToken() {
    return OptionalLong.empty();
  }

  /**
   * A new empty context.
   *
   * @param contextLength the most tokens it has to hold; 1 to {@link #contextLength()}
   */
  Executor newExecutor(int contextLength);

  /** Where packed weights came from. */
  default WeightCacheUse weightCache() {
    return WeightCacheUse.NONE;
  }

  /** The weight cache's file, if somebody has cut it while it was mapped. */
  default Optional<Path> cutFile() {
    return Optional.empty();
  }

  /** Frees what was packed; called once, when no executor is open any more. */
  default void close() {}
}
