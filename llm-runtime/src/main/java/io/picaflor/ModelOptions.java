package io.picaflor;

import io.picaflor.kernels.Kernels;
import io.picaflor.platform.Cpus;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a model is loaded. Immutable; change {@link #DEFAULT} with the {@code with} methods.
 *
 * @param threads how many threads compute; empty for one on each fast core that the process may use
 * @param kernels the tier of kernels, such as {@code scalar}, {@code vector} or {@code jit:avx2}; empty for the best that runs here. A tier that
 *     is named and cannot run is an error
 * @param kvPrecision how sessions keep keys and values
 * @param weightCache where packed weights are kept from run to run
 * @param warmUp whether packed weights that come from a file are read in the background while the model is loaded, instead of by the
 *     first token
 * @param progress is told how far packing has come, where it takes time
 */
public record ModelOptions(
    OptionalInt threads, Optional<String> kernels, KvPrecision kvPrecision, WeightCachePlace weightCache,
    boolean warmUp, Optional<PackingProgress> progress) {
  /**
   * All fast cores, the best kernels, a weight cache where the system keeps such things. The system property
   * {@code picaflor.kernels} names other kernels, and {@code picaflor.weightCache} another place: a path, or {@code none}.
   */
  public static final ModelOptions DEFAULT = new ModelOptions(
      OptionalInt.empty(), Optional.ofNullable(System.getProperty("picaflor.kernels")), KvPrecision.F32,
      WeightCachePlace.of(System.getProperty("picaflor.weightCache", "auto")), true, Optional.empty());

  /** More threads than any machine has cores. */
  private static final int MAX_THREADS = 1024;

  public ModelOptions {
    kernels.ifPresent(Kernels::requireKnown);
    if (threads.isPresent() && (threads.getAsInt() < 1 || threads.getAsInt() > MAX_THREADS)) {
      throw new IllegalArgumentException("threads: expected 1 to " + MAX_THREADS + ", found " + threads.getAsInt());
    }
  }

  /** The same but for the number of threads. */
  public ModelOptions withThreads(int value) {
    return new ModelOptions(OptionalInt.of(value), kernels, kvPrecision, weightCache, warmUp, progress);
  }

  /** The same but for the tier of kernels. */
  public ModelOptions withKernels(String tier) {
    return new ModelOptions(threads, Optional.of(tier), kvPrecision, weightCache, warmUp, progress);
  }

  /** The same but with packed weights kept at a path: a folder, or the beginning of a file's path. */
  public ModelOptions withWeightCache(Path path) {
    return withWeightCache(new WeightCachePlace.At(path));
  }

  /** The same but with packed weights in memory and no file. */
  public ModelOptions withoutWeightCache() {
    return withWeightCache(WeightCachePlace.NONE);
  }

  /** The same but for who is told how far packing has come. */
  public ModelOptions withProgress(PackingProgress listener) {
    return new ModelOptions(threads, kernels, kvPrecision, weightCache, warmUp, Optional.of(listener));
  }

  /** The same but for the place of packed weights. */
  public ModelOptions withWeightCache(WeightCachePlace place) {
    return new ModelOptions(threads, kernels, kvPrecision, place, warmUp, progress);
  }

  /** The same but for whether packed weights are read in the background. */
  public ModelOptions withWarmUp(boolean value) {
    return new ModelOptions(threads, kernels, kvPrecision, weightCache, value, progress);
  }

  /** The same but for how keys and values are kept. */
  public ModelOptions withKvPrecision(KvPrecision precision) {
    return new ModelOptions(threads, kernels, precision, weightCache, warmUp, progress);
  }

  /** How many threads compute with these options. */
  public int threadCount() {
    return threads.orElseGet(() -> Math.min(Cpus.ofProcess().fastCores(), MAX_THREADS));
  }
}
