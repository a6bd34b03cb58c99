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
  private final Map<Path, FileUse> before = new HashMap<>();

  /** Remembers a file that is about to be opened; the first time counts. */
  void note(Path path) {
    if (!before.containsKey(path)) {
      before.put(path, FileUse.of(path).orElse(null));
    }
  }

  /** What was remembered, or how it is now; nothing if the file is gone. */
  Optional<FileUse> of(Path path) {
    FileUse use = before.get(path);
    return use != null ? Optional.of(use) : FileUse.of(path);
  }
}
