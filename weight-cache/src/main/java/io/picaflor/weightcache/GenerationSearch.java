package io.picaflor.weightcache;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Looks through the builds of a family, newest first, for one that holds all that is asked for. Writes nothing. */
final class GenerationSearch implements AutoCloseable {
  private CacheFileReader hit;
  private final List<CacheFileReader> incomplete = new ArrayList<>();
  private final List<Path> broken = new ArrayList<>();
  private final List<String> complaints = new ArrayList<>();

  private GenerationSearch() {}

  static GenerationSearch of(CacheFolder folder, String family, Collection<? extends BlobSource> wanted,
      AccessRules rules,
      LastUses uses) throws IOException {
    GenerationSearch search = new GenerationSearch();
    try {
      for (CacheFolder.Generation generation : folder.generations(family)) {
        uses.note(generation.path());
        search.look(generation.path(), wanted, rules);
        if (search.hit != null) {
          break;
        }
      }
      return search;
    } catch (IOException | RuntimeException | Error e) {
      search.close();
      throw e;
    }
  }

  private void look(Path path, Collection<? extends BlobSource> wanted, AccessRules rules) {
    try {
      CacheFileReader reader = CacheFileReader.open(path, rules);
      if (holdsAll(reader.index(), wanted)) {
        hit = reader;
      } else {
        incomplete.add(reader);
      }
    } catch (NoSuchFileException _) {
      // Removed since the folder was listed: as if it had not been there.
    } catch (BrokenCacheException e) {
      broken.add(path);
      complaints.add(path + " is damaged: " + e.getMessage());
    } catch (OtherVersionException e) {
      complaints.add(path + " " + e.getMessage());
    } catch (UntrustedFileException e) {
      complaints.add(e.getMessage());
    } catch (IOException e) {
      complaints.add(Reasons.of(e));
    }
  }

  private static boolean holdsAll(CacheIndex index, Collection<? extends BlobSource> wanted) {
    for (BlobSource blob : wanted) {
      IndexEntry entry = index.entries().get(blob.key());
      if (entry == null || entry.offset() % blob.alignment() != 0) {
        return false;
      }
    }
    return true;
  }

  /** The build that has everything. */
  Optional<CacheFileReader> hit() {
    return Optional.ofNullable(hit);
  }

  /** Sound builds that lack something, newest first. */
  List<CacheFileReader> incomplete() {
    return incomplete;
  }

  /** Builds that no program will read again. */
  List<Path> broken() {
    return broken;
  }

  /** What was wrong with files that were not used, for people. */
  List<String> complaints() {
    return complaints;
  }

  @Override
  public void close() {
    if (hit != null) {
      hit.close();
    }
    for (CacheFileReader reader : incomplete) {
      reader.close();
    }
  }
}
