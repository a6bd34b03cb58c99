package io.picaflor.cli;

import io.picaflor.ModelOptions;
import io.picaflor.WeightCachePlace;
import io.picaflor.cli.verb.Arguments;
import io.picaflor.cli.verb.Syntax;
import io.picaflor.weightcache.CacheInventory;
import io.picaflor.weightcache.CachePlace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.cli.Option;

/** The options that say which cache is meant: the same for all verbs of {@code picaflor cache}. */
final class CacheArguments {
  private static final Option WEIGHT_CACHE =
      Syntax.value("weight-cache", "PATH", "Where it is, as for run; by default the user's cache folder.");
  private static final Option MODEL = Syntax.value("m", "model", "FILE", "Look beside this model too.");
  private static final Option JSON = Syntax.flag("json", "Print one JSON object.");

  /** What a verb's syntax has to have. */
  static final List<Option> OPTIONS = List.of(WEIGHT_CACHE, MODEL, JSON);

  private final Optional<String> place;
  private final Optional<Path> model;
  private final boolean json;

  /** Reads what was given. */
  CacheArguments(Arguments arguments) {
    place = arguments.text(WEIGHT_CACHE);
    model = arguments.path(MODEL);
    json = arguments.has(JSON);
  }

  /** Whether the answer is to be JSON. */
  boolean json() {
    return json;
  }

  /** The files of the cache that is meant. */
  CacheInventory inventory() throws IOException {
    WeightCachePlace wanted = place.isEmpty() ? ModelOptions.DEFAULT.weightCache() : WeightCachePlace.of(place.get());
    if (wanted instanceof WeightCachePlace.At(Path path)) {
      return new CacheInventory(CachePlace.at(path));
    }
    return new CacheInventory(model.isEmpty() ? CachePlace.automatic() : CachePlace.automatic(model.get()));
  }

  /** A size for people. */
  static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }
}
