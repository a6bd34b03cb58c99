package io.picaflor.weightcache;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * When files were last used, from before we looked into them ourselves: looking is a use to the file system. One thread
 * at a time.
 */
final class LastUses {
  private final Map<Path, Optional<FileUse>> before = new HashMap<>();

  /** Remembers a file that is about to be opened; the first time counts. */
  void note(Path path) {
    before.computeIfAbsent(path, FileUse::of);
  }

  /** What was remembered, or how it is now; nothing if the file is gone. */
  Optional<FileUse> of(Path path) {
    return before.getOrDefault(path, Optional.empty()).or(() -> FileUse.of(path));
  }
}
