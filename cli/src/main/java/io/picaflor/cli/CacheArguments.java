package io.picaflor.cli;

import io.picaflor.ModelOptions;
import io.picaflor.WeightCachePlace;
import io.picaflor.weightcache.CacheInventory;
import io.picaflor.weightcache.CachePlace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Option;

/** The options that say which cache is meant: the same for all verbs of {@code picaflor cache}. */
final class CacheArguments {
  @Option(names = "--weight-cache", paramLabel = "PATH",
      description = "Where it is, as for run; by default the user's cache folder.")
  private String place;

  @Option(names = {"-m", "--model"}, paramLabel = "FILE", description = "Look beside this model too.")
  private Path model;

  @Option(names = "--json", description = "Print one JSON object.")
  boolean json;

  @Option(names = "--debug", description = "Print a stack trace when something fails.")
  private boolean debug;

  /** The files of the cache that is meant. */
  CacheInventory inventory() throws IOException {
    WeightCachePlace wanted = place == null ? ModelOptions.DEFAULT.weightCache() : WeightCachePlace.of(place);
    if (wanted instanceof WeightCachePlace.At(Path path)) {
      return new CacheInventory(CachePlace.at(path));
    }
    return new CacheInventory(model == null ? CachePlace.automatic() : CachePlace.automatic(model));
  }

  /** A size for people. */
  static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }
}
