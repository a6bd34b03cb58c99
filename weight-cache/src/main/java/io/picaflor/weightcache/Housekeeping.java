package io.picaflor.weightcache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Removes what is of no use any more, after a build and never on a hit. Only files with our names that belong to us; who has
 * one mapped keeps its pages (where a system refuses to remove a mapped file, it stays).
 */
final class Housekeeping {
  /** An older build of the same family may serve another version of the program, which is started now and then. */
  private static final Duration OLDER_BUILDS_KEPT = Duration.ofDays(7);

  private static final int MOST_RECORDS = 64;

  private final CacheFolder folder;
  private final LastUses uses;
  private final Surroundings surroundings;

  Housekeeping(CacheFolder folder, LastUses uses, Surroundings surroundings) {
    this.folder = folder;
    this.uses = uses;
    this.surroundings = surroundings;
  }

  /** Removes what killed builders left. The caller holds the family's lock, so none of them lives. */
  void removeLeftovers(String family) throws IOException {
    for (Path file : folder.unfinished().getOrDefault(family, List.of())) {
      remove(file);
    }
  }

  /** The same for all other families whose lock is free. */
  void removeLeftoversOfOthers(String family) throws IOException {
    for (Map.Entry<String, List<Path>> unfinished : folder.unfinished().entrySet()) {
      if (!unfinished.getKey().equals(family)) {
        Optional<BuildLock> lock = BuildLock.acquire(folder.lockPath(unfinished.getKey()), surroundings.permissions(),
            Duration.ZERO);
        if (lock.isPresent()) {
          try (BuildLock _ = lock.get()) {
            removeLeftovers(unfinished.getKey());
          }
        }
      }
    }
  }

  /** Removes older builds of the family that nobody has read for a while. */
  void removeOldBuilds(CacheFolder.Generation built) throws IOException {
    FileTime before = FileTime.from(Instant.now().minus(OLDER_BUILDS_KEPT));
    for (CacheFolder.Generation other : folder.generations(built.family())) {
      if (other.number() < built.number()) {
        Optional<FileUse> use = uses.of(other.path());
        if (use.isPresent() && use.get().last().compareTo(before) < 0) {
          remove(other.path());
        }
      }
    }
  }

  /** Removes the least recently used files until all together have at most {@code capBytes}; {@code built} stays. */
  void enforceCap(Path built, long capBytes) throws IOException {
    List<FileUse> all = new ArrayList<>();
    long total = 0;
    for (CacheFolder.Generation generation : folder.generations()) {
      Optional<FileUse> use = uses.of(generation.path());
      if (use.isPresent()) {
        total += use.get().bytes();
        all.add(use.get());
      }
    }
    all.sort(Comparator.comparing(FileUse::last));
    for (FileUse use : all) {
      if (total <= capBytes) {
        return;
      }
      if (!use.path().equals(built) && remove(use.path())) {
        total -= use.bytes();
      }
    }
  }

  /** Keeps the newest records only: one is of no use once its file has changed, and nobody can tell. */
  void limitRecords() throws IOException {
    List<FileUse> records = new ArrayList<>();
    for (Path file : folder.records()) {
      FileUse.of(file).ifPresent(records::add);
    }
    records.sort(Comparator.comparing(FileUse::last));
    for (FileUse old : records.subList(0, Math.max(0, records.size() - MOST_RECORDS))) {
      remove(old.path());
    }
  }

  /** Removes a file if it is ours; a failure is no matter, the next build tries again. */
  boolean remove(Path file) {
    return objectionToRemoval(file) == null;
  }

  /** Removes a file if it is ours, else says why not. */
  String objectionToRemoval(Path file) {
    try {
      Optional<String> objection = surroundings.rules().objectionToFile(file);
      if (objection.isEmpty()) {
        Files.deleteIfExists(file);
      }
      return objection.orElse(null);
    } catch (NoSuchFileException _) {
      return null; // somebody else was faster
    } catch (IOException e) {
      return Reasons.of(e);
    }
  }
}
