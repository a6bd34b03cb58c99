package io.picaflor.weightcache;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds packed blobs in a cache file, or builds the file, or packs into memory; the caller gets its blobs in any case.
 *
 * <p>A hit writes nothing and touches no page of a blob. A file that is damaged, of another version or not to be trusted is
 * built anew under another name; a disk that is full, a folder without permission and the like mean memory. Each is one line
 * of the log, and no exception. Any thread may call, several at once too: one builds, the others wait for it.
 */
public final class WeightCache {
  private final Surroundings surroundings;
  private final Places places;

  /** A cache in these surroundings. */
  WeightCache(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.places = new Places(surroundings);
  }

  /**
   * Opens the blobs, packing what no file has.
   *
   * @param sources the blobs; those of equal keys are one blob
   * @throws IllegalArgumentException if a source breaks its contract; an exception of a source's own comes through as it is
   */
  public static PackedBlobs open(CacheRequest request, Collection<? extends BlobSource> sources) {
    Surroundings surroundings;
    try {
      surroundings = Surroundings.real();
    } catch (IOException e) {
      String reason = "the user is not known: " + Reasons.of(e);
      System.getLogger(WeightCache.class.getName()).log(System.Logger.Level.WARNING, "weight cache: in memory, because "
          + reason);
      return PackedFiles.inMemory(distinct(sources), request, reason);
    }
    return new WeightCache(surroundings).get(request, sources);
  }

  /**
   * Opens the blobs if some file has all of them; packs nothing, writes nothing, and says nothing of files that it cannot use.
   *
   * @param sources the blobs, which are not asked for bytes
   */
  public static Optional<PackedBlobs> find(CacheRequest request, Collection<? extends BlobSource> sources) {
    try {
      return new WeightCache(Surroundings.real()).look(request, sources);
    } catch (IOException _) {
      return Optional.empty(); // the user is not known, and so owns no file
    }
  }

  Optional<PackedBlobs> look(CacheRequest request, Collection<? extends BlobSource> sources) {
    return request.place() instanceof CachePlace.Memory
        ? Optional.empty()
        : find(places.candidates(request.place(), request.family()), distinct(sources), request, new ArrayList<>(),
            new LastUses());
  }

  PackedBlobs get(CacheRequest request, Collection<? extends BlobSource> sources) {
    List<BlobSource> wanted = distinct(sources);
    if (request.place() instanceof CachePlace.Memory memory) {
      return PackedFiles.inMemory(wanted, request, memory.reason());
    }
    List<String> notes = new ArrayList<>();
    LastUses uses = new LastUses();
    List<Places.Candidate> candidates = places.candidates(request.place(), request.family());
    Optional<PackedBlobs> found = find(candidates, wanted, request, notes, uses);
    if (found.isEmpty()) {
      found = build(candidates, wanted, request, notes, uses);
    }
    if (found.isPresent()) {
      // A file that nobody needs is no news: it may be a newer program's, and would be reported at each start.
      if (!notes.isEmpty() && found.get().report().outcome() != CacheOutcome.HIT) {
        surroundings.log().accept("weight cache: " + String.join("; ", notes) + "; " + found.get().report().reason());
      }
      return found.get();
    }
    if (candidates.isEmpty()) {
      notes.add("the user has no folder for caches");
    }
    String reason = String.join("; ", notes);
    surroundings.log().accept("weight cache: in memory, because " + reason);
    return PackedFiles.inMemory(wanted, request, reason);
  }

  private static List<BlobSource> distinct(Collection<? extends BlobSource> sources) {
    Map<BlobKey, BlobSource> byKey = new LinkedHashMap<>();
    for (BlobSource source : sources) {
      if (!CacheFormat.isPowerOfTwo(source.alignment(), CacheFormat.BLOB_ALIGNMENT, CacheFormat.MAX_BLOB_ALIGNMENT)) {
        throw new IllegalArgumentException("blob '" + source.label() + "': alignment expected a power of two from "
            + CacheFormat.BLOB_ALIGNMENT + " to " + CacheFormat.MAX_BLOB_ALIGNMENT + ", found " + source.alignment());
      }
      byKey.putIfAbsent(source.key(), source);
    }
    return List.copyOf(byKey.values());
  }

  private Optional<PackedBlobs> find(List<Places.Candidate> candidates, List<BlobSource> wanted, CacheRequest request,
      List<String> notes, LastUses uses) {
    for (Places.Candidate candidate : candidates) {
      try {
        Optional<CacheFolder> folder = places.forReading(candidate);
        if (folder.isPresent()) {
          try (GenerationSearch search = GenerationSearch.of(folder.get(), candidate.family(), wanted,
              surroundings.rules(), uses)) {
            notes.addAll(search.complaints());
            if (search.hit().isPresent()) {
              return Optional.of(PackedFiles.hit(search.hit().get(), wanted, request));
            }
          }
        }
      } catch (IOException e) {
        notes.add(Reasons.of(e));
      }
    }
    return Optional.empty();
  }

  private Optional<PackedBlobs> build(List<Places.Candidate> candidates, List<BlobSource> wanted, CacheRequest request,
      List<String> notes, LastUses uses) {
    for (Places.Candidate candidate : candidates) {
      try {
        CacheFolder folder = places.forBuilding(candidate);
        Optional<BuildLock> lock = BuildLock.acquire(folder.lockPath(candidate.family()), surroundings.permissions(),
            request.lockDeadline());
        if (lock.isEmpty()) {
          notes.add(
              "another process has been building in " + folder.path() + " for " + request.lockDeadline().toSeconds()
                  + " s");
          return Optional.empty();
        }
        return build(folder, candidate.family(), wanted, request, lock.get(), notes, uses);
      } catch (IOException e) {
        note(notes, Reasons.of(e));
      }
    }
    return Optional.empty();
  }

  /** What was found wrong with a folder when it was read may be wrong again when it is to be written. */
  private static void note(List<String> notes, String text) {
    if (!notes.contains(text)) {
      notes.add(text);
    }
  }

  private Optional<PackedBlobs> build(CacheFolder folder, String family, List<BlobSource> wanted, CacheRequest request,
      BuildLock lock, List<String> notes, LastUses uses) {
    boolean handedOver = false;
    try (GenerationSearch search = GenerationSearch.of(folder, family, wanted, surroundings.rules(), uses)) {
      if (search.hit().isPresent()) { // built by another while we waited
        return Optional.of(PackedFiles.hit(search.hit().get(), wanted, request));
      }
      handedOver = true;
      return Optional.of(new CacheBuilder(folder, family, request, uses, surroundings).build(wanted, search, lock));
    } catch (IOException e) {
      note(notes, Reasons.of(e)); // no other place: the disk is full, or the file too large for any
      return Optional.empty();
    } finally {
      if (!handedOver) {
        lock.close();
      }
    }
  }
}
