package io.picaflor.weightcache;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Lists, verifies and removes the cache files of a place: what a program's verbs for the cache do. Any thread may call. */
public final class CacheInventory {
  private static final Duration LOCK_DEADLINE = Duration.ofSeconds(5);

  private final Surroundings surroundings;
  private final CachePlace place;
  private final Duration lockDeadline;

  /** The files that lie where a cache of this place would. */
  public CacheInventory(CachePlace place) throws IOException {
    this(place, Surroundings.real(), LOCK_DEADLINE);
  }

  CacheInventory(CachePlace place, Surroundings surroundings, Duration lockDeadline) {
    this.place = place;
    this.surroundings = surroundings;
    this.lockDeadline = lockDeadline;
  }

  /**
   * One cache file.
   *
   * @param file where it is
   * @param family the family it is a build of
   * @param generation which build
   * @param title what it belongs to, as its builder said; empty if the file cannot be read
   * @param bytes its size
   * @param blobs how many it holds
   * @param lastUsed when it was last read, as far as the file system keeps that
   * @param objection why it is not used; nothing if it is
   */
  public record CacheFile(Path file, String family, long generation, String title, long bytes, int blobs,
      Instant lastUsed, Optional<String> objection) {}

  /**
   * What a check of all checksums gave.
   *
   * @param file the file
   * @param blobs how many blobs were read
   * @param bytes how many bytes of them
   * @param damages what was wrong; empty if nothing was
   */
  public record Verification(Path file, int blobs, long bytes, List<String> damages) {}

  /**
   * What became of a file that was to be removed.
   *
   * @param file the file
   * @param bytes its size
   * @param objection why it is still there; nothing if it is gone
   */
  public record Removal(Path file, long bytes, Optional<String> objection) {}

  /** The folders that are looked into, best first, whether they exist or not. */
  public List<Path> folders() {
    return candidates().stream().map(candidate -> candidate.folder().path()).toList();
  }

  /** All cache files, the newest of each folder first. */
  public List<CacheFile> list() throws IOException {
    List<CacheFile> files = new ArrayList<>();
    for (CacheFolder.Generation generation : generations()) {
      describe(generation).ifPresent(files::add);
    }
    return files;
  }

  private Optional<CacheFile> describe(CacheFolder.Generation generation) {
    Optional<FileUse> use = FileUse.of(generation.path()); // before reading, which is a use
    long bytes = use.map(FileUse::bytes).orElse(0L);
    Instant last = use.map(file -> file.last().toInstant()).orElse(Instant.EPOCH);
    try (CacheFileReader reader = CacheFileReader.open(generation.path(), surroundings.rules())) {
      return Optional
          .of(new CacheFile(generation.path(), generation.family(), generation.number(), reader.index().title(),
              bytes, reader.index().entries().size(), last, Optional.empty()));
    } catch (IOException e) {
      return Files.exists(generation.path())
          ? Optional.of(new CacheFile(generation.path(), generation.family(), generation.number(), "", bytes, 0, last,
              Optional.of(Reasons.of(e))))
          : Optional.empty();
    }
  }

  /** Reads every blob of every file and compares its checksums. Files of other versions are left out. */
  public List<Verification> verify() throws IOException {
    List<Verification> results = new ArrayList<>();
    for (CacheFolder.Generation generation : generations()) {
      verify(generation.path()).ifPresent(results::add);
    }
    return results;
  }

  private Optional<Verification> verify(Path file) {
    try (CacheFileReader reader = CacheFileReader.open(file, surroundings.rules());
        BlockBuffers buffers = new BlockBuffers(BlobSource.MAX_PART_BYTES)) {
      MemorySegment buffer = buffers.take();
      List<String> damages = new ArrayList<>();
      long bytes = 0;
      for (IndexEntry entry : reader.index().entries().values()) {
        bytes += entry.bytes();
        try {
          reader.check(entry, buffer.asByteBuffer());
        } catch (IOException e) {
          damages.add(Reasons.of(e));
        }
      }
      return Optional.of(new Verification(file, reader.index().entries().size(), bytes, damages));
    } catch (OtherVersionException _) {
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(new Verification(file, 0, 0, List.of(Reasons.of(e))));
    }
  }

  /** Removes all builds of a family, and what killed builders left of it. Processes that have them mapped go on. */
  public List<Removal> remove(String family) throws IOException {
    List<Removal> removals = new ArrayList<>();
    for (CacheFolder folder : readable()) {
      List<CacheFolder.Generation> generations = folder.generations(family);
      if (!generations.isEmpty() || folder.unfinished().containsKey(family)) {
        remove(folder, family, generations, removals);
      }
    }
    return removals;
  }

  private void remove(CacheFolder folder, String family, List<CacheFolder.Generation> generations,
      List<Removal> removals) {
    Housekeeping housekeeping = new Housekeeping(folder, new LastUses(), surroundings);
    Optional<BuildLock> lock = Optional.empty();
    String objection = null;
    try {
      lock = BuildLock.acquire(folder.lockPath(family), surroundings.permissions(), lockDeadline);
      if (lock.isPresent()) {
        housekeeping.removeLeftovers(family);
      } else {
        objection = "a process is building it";
      }
    } catch (IOException e) {
      objection = Reasons.of(e);
    }
    try {
      for (CacheFolder.Generation generation : generations) {
        long bytes = FileUse.of(generation.path()).map(FileUse::bytes).orElse(0L);
        String here = objection != null ? objection : housekeeping.objectionToRemoval(generation.path());
        removals.add(new Removal(generation.path(), bytes, Optional.ofNullable(here)));
      }
    } finally {
      lock.ifPresent(BuildLock::close);
    }
  }

  /** All families of which there is something, be it an unfinished build; in the order of their names. */
  public Set<String> families() throws IOException {
    Set<String> families = new TreeSet<>();
    for (CacheFolder folder : readable()) {
      folder.generations().forEach(generation -> families.add(generation.family()));
      families.addAll(folder.unfinished().keySet());
    }
    return families;
  }

  /** For each cache file the files that were found to contain what it holds, by the records; files without are left out. */
  public Map<Path, List<String>> models() throws IOException {
    Map<Path, List<String>> models = new HashMap<>();
    for (CacheFolder folder : readable()) {
      List<SourceRecord> records = new ArrayList<>();
      for (Path file : folder.records()) {
        SourceRecord.read(file, surroundings.rules()).ifPresent(records::add);
      }
      for (CacheFolder.Generation generation : folder.generations()) {
        List<String> found = models(generation, records);
        if (!found.isEmpty()) {
          models.put(generation.path(), found);
        }
      }
    }
    return models;
  }

  private List<String> models(CacheFolder.Generation generation, List<SourceRecord> records) {
    try (CacheFileReader reader = CacheFileReader.open(generation.path(), surroundings.rules())) {
      return records.stream()
          .filter(record -> record.keys().values().stream().anyMatch(reader.index().entries()::containsKey))
          .map(SourceRecord::file).distinct().sorted().toList();
    } catch (IOException _) {
      return List.of(); // the list says what is wrong with it
    }
  }

  /** Removes all records: files are hashed anew when they are loaded next. */
  public List<Removal> removeRecords() throws IOException {
    List<Removal> removals = new ArrayList<>();
    for (CacheFolder folder : readable()) {
      Housekeeping housekeeping = new Housekeeping(folder, new LastUses(), surroundings);
      for (Path file : folder.records()) {
        long bytes = FileUse.of(file).map(FileUse::bytes).orElse(0L);
        removals.add(new Removal(file, bytes, Optional.ofNullable(housekeeping.objectionToRemoval(file))));
      }
    }
    return removals;
  }

  private List<CacheFolder.Generation> generations() throws IOException {
    List<CacheFolder.Generation> all = new ArrayList<>();
    for (CacheFolder folder : readable()) {
      all.addAll(folder.generations());
    }
    return all;
  }

  private List<CacheFolder> readable() throws IOException {
    List<CacheFolder> folders = new ArrayList<>();
    for (Places.Candidate candidate : candidates()) {
      new Places(surroundings).forReading(candidate).ifPresent(folders::add);
    }
    return folders;
  }

  private List<Places.Candidate> candidates() {
    return new Places(surroundings).candidates(place, "any");
  }
}
