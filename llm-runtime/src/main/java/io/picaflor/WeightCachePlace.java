package io.picaflor;

import java.nio.file.Path;

/** Where packed weights are kept from run to run, to be mapped by every process that loads the model. */
public sealed interface WeightCachePlace {
  /** The user's cache folder, else beside the model; see {@link Automatic}. */
  WeightCachePlace AUTOMATIC = new Automatic();

  /** No file; see {@link None}. */
  WeightCachePlace NONE = new None();

  /**
   * The user's cache folder ({@code $XDG_CACHE_HOME/picaflor/weights} or {@code ~/.cache/picaflor/weights};
   * {@code ~/Library/Caches/picaflor/weights} on macOS, {@code %LOCALAPPDATA%\picaflor\weights} on Windows), else
   * {@code .picaflor-cache} beside the model. In memory if neither can be written or both are on a network, if the model
   * was not loaded from a path, or if it is so small that a file is of no use.
   */
  record Automatic() implements WeightCachePlace {}

  /** Here and nowhere else: in this folder if it is one, else in files whose names begin with this path. */
  record At(Path path) implements WeightCachePlace {}

  /** In memory, packed anew at each start. */
  record None() implements WeightCachePlace {}

  /** What a text stands for, as the program's option {@code --weight-cache} takes it: {@code auto}, {@code none}, or a path. */
  static WeightCachePlace of(String text) {
    return switch (text) {
      case "auto" -> AUTOMATIC;
      case "none" -> NONE;
      default -> new At(Path.of(text));
    };
  }
}
