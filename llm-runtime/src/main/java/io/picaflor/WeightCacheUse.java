package io.picaflor;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a model's packed weights came from.
 *
 * @param outcome {@code hit}: from a file that was there; {@code built}: from a file that was written now; {@code memory}:
 *     packed into memory, without a file; {@code none}: the kernels read the model file itself
 * @param reason one line: where and how large, or why there is no file
 * @param file the cache's file
 * @param bytes its size, or that of the weights in memory
 */
public record WeightCacheUse(String outcome, String reason, Optional<Path> file, long bytes) {
  /** Nothing is packed. */
  public static final WeightCacheUse NONE =
      new WeightCacheUse("none", "the kernels read the weights as the model file has them", Optional.empty(), 0);
}
