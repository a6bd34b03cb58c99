package io.picaflor.model;

import io.picaflor.WeightCachePlace;
import io.picaflor.WeightCacheUse;
import io.picaflor.weightcache.BlobKey;
import io.picaflor.weightcache.BlobSource;
import io.picaflor.weightcache.CacheOutcome;
import io.picaflor.weightcache.CachePlace;
import io.picaflor.weightcache.CacheRequest;
import io.picaflor.weightcache.PackedBlobs;
import io.picaflor.weightcache.WeightCache;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Something small of a model that has a file of the weight cache to itself, such as its tokenizer: {@code HASH-KIND-g1.weights}.
 *
 * <p>Its memory stays until nobody can reach it, closed or not: it may outlive the model. For any thread.
 */
public final class CacheEntry {
  private static final Logger LOG = System.getLogger(CacheEntry.class.getName());
  /** Hexadecimal digits of a family's name that come of its content. */
  private static final int FAMILY_DIGITS = 32;

  private final String kind;
  private final CachePlace place;
  private final String title;

  /**
   * An entry.
   *
   * @param kind what it is, which names its files
   * @param place where the model's cache is
   * @param title what the entry belongs to, for people
   */
  public CacheEntry(String kind, CachePlace place, String title) {
    this.kind = kind;
    this.place = ownPlace(kind, place);
    this.title = title;
  }

  /**
   * Where entries are kept of a model whose weights are kept so: beside them, and not at all where they need no file.
   *
   * @param wanted what the user asked for
   * @param weights where the weights came from
   */
  public static CachePlace place(ModelFile file, WeightCachePlace wanted, WeightCacheUse weights) {
    return wanted instanceof WeightCachePlace.Automatic && weights.file().isEmpty()
        ? CachePlace.none()
        : place(file, wanted);
  }

  /** Where entries may be kept of a model, as far as that is known before its weights are. */
  public static CachePlace place(ModelFile file, WeightCachePlace wanted) {
    if (wanted instanceof WeightCachePlace.At at) { // no switch on patterns: each start comes by
      return CachePlace.at(at.path());
    }
    return wanted instanceof WeightCachePlace.Automatic && file.path().isPresent()
        ? CachePlace.automatic(file.path().get())
        : CachePlace.none();
  }

  /** A path that names files is the weights'; what other models may share has a name of its own beside it. */
  private static CachePlace ownPlace(String kind, CachePlace place) {
    if (!(place instanceof CachePlace.At at) || at.path().getFileName() == null || Files.isDirectory(at.path())) {
      return place;
    }
    return CachePlace.at(at.path().resolveSibling(at.path().getFileName() + "-" + kind));
  }

  static String family(String kind, BlobKey key) {
    return key.hex().substring(0, FAMILY_DIGITS) + "-" + kind;
  }

  private CacheRequest request(BlobKey key) {
    return new CacheRequest(family(kind, key), place).title(title).collected(true);
  }

  /** The entry if there is a file with it. */
  public Optional<PackedBlobs> find(BlobKey key) {
    BlobSource asked = BlobSource.whole(key, kind, () -> {
      throw new IllegalStateException("asked for " + kind + " only if it is there");
    });
    return WeightCache.find(request(key), List.of(asked));
  }

  /** The entry, which is made if there is no file with it. */
  public PackedBlobs open(BlobKey key, Supplier<MemorySegment> maker) {
    return WeightCache.open(request(key), List.of(BlobSource.whole(key, kind, maker)));
  }

  /** Says in one line why an entry is not used and takes its file out of the way; who has it mapped keeps its pages. */
  public static void refuse(PackedBlobs blobs, String reason) {
    LOG.log(Level.WARNING, "weight cache: {0} is not used: {1}", blobs.file().map(Path::toString).orElse("memory"),
        reason);
    if (blobs.report().outcome() == CacheOutcome.HIT && blobs.file().isPresent()) {
      try {
        Files.deleteIfExists(blobs.file().get());
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "weight cache: a damaged file was left", e);
      }
    }
  }
}
