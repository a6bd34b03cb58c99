package io.picaflor.plan;

import io.picaflor.ModelFormatException;
import io.picaflor.WeightCachePlace;
import io.picaflor.kernels.ContentHash;
import io.picaflor.kernels.PackedSource;
import io.picaflor.kernels.Workers;
import io.picaflor.model.CacheEntry;
import io.picaflor.model.ContentRecord;
import io.picaflor.model.ModelFile;
import io.picaflor.quantization.WeightMatrix;
import io.picaflor.weightcache.BlobKey;
import io.picaflor.weightcache.CachePlace;
import io.picaflor.weightcache.PackedBlobs;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model's plan as an entry of the weight cache, beside its weights: a warm start reads it, and neither reads the graph nor proves
 * anything of it.
 *
 * <p>The entry's key is the content of the whole file and the form's version; the record beside the cache has it while the file's
 * identity is the same. Where nothing is recorded the plan is made of the graph, which is quicker than hashing. For one thread.
 */
final class CachedPlan {
  private static final Logger LOG = System.getLogger(CachedPlan.class.getName());
  private static final String KIND = "plan";
  /** In the record beside the cache. */
  private static final String NAME = KIND + " " + PlanForm.VERSION;

  private final ModelFile file;
  private final CachePlace place;
  private final ContentRecord record;
  private final CacheEntry entry;

  /**
   * A model's plan.
   *
   * @param wanted where weights are kept
   * @param record what is known of the file's content
   */
  CachedPlan(ModelFile file, WeightCachePlace wanted, ContentRecord record) {
    this.file = file;
    this.place = file.path().isEmpty() ? CachePlace.none() : CacheEntry.place(file, wanted);
    this.record = record;
    this.entry = new CacheEntry(KIND, place, file.name());
  }

  /** The plan as the cache has it; a damaged one is removed, which is said in a line. */
  Optional<PreparedPlan> find() {
    if (place instanceof CachePlace.Memory) {
      return Optional.empty();
    }
    BlobKey key = record.find(NAME).orElse(null);
    PackedBlobs blobs = key == null ? null : entry.find(key).orElse(null);
    return blobs == null ? Optional.empty() : read(blobs, key);
  }

  private Optional<PreparedPlan> read(PackedBlobs blobs, BlobKey key) {
    MemorySegment form = blobs.blob(key);
    try {
      if (form.byteSize() <= PlanForm.MOST_BYTES && blobs.check(key)) {
        return Optional.of(PlanReader.read(KIND, form.toArray(ValueLayout.JAVA_BYTE), file.bytes().segment()));
      }
      CacheEntry.refuse(blobs, "its size or checksum is wrong");
    } catch (ModelFormatException | NotPlannable e) {
      CacheEntry.refuse(blobs, e.getMessage());
    } catch (InternalError e) {
      CacheEntry.refuse(blobs, "it cannot be read: " + e.getMessage());
    }
    return Optional.empty();
  }

  /**
   * Keeps a plan that was made of the graph, if its weights are kept, and if it has a form.
   *
   * @param sources the weights
   * @param packed the same, and their keys: what stands for their content here
   */
  void keep(PreparedPlan plan, List<PackedSource> sources, PackedModel packed, ContentHash hash, Workers workers) {
    if (place instanceof CachePlace.Memory || packed.use().file().isEmpty()) {
      return;
    }
    Optional<byte[]> form = PlanWriter.write(plan.plan(), plan.contextLength(), file.bytes().segment());
    try {
      if (form.isPresent()) {
        BlobKey key = key(sources, packed.keys(), hash, workers);
        entry.open(key, () -> MemorySegment.ofArray(form.get()));
        record.add(Map.of(NAME, key));
      }
    } catch (InternalError e) {
      LOG.log(Level.DEBUG, "weight cache: a plan was not kept", e); // the model was cut, as who reads it next will say
    }
  }

  /** The key of the file's content: keys and places of its weights, which were hashed for them, and hashes of all between. */
  private BlobKey key(List<PackedSource> sources, List<BlobKey> keys, ContentHash hash, Workers workers) {
    MemorySegment all = file.bytes().segment();
    MessageDigest digest = WeightKeys.sha256();
    WeightKeys.text(digest, NAME + " of " + all.byteSize());
    List<MemorySegment> hashed = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      digest.update(keys.get(i).bytes());
      for (WeightMatrix part : sources.get(i).parts()) {
        for (MemorySegment bytes : WeightKeys.contents(part)) {
          long offset = bytes.address() - all.address();
          if (bytes.isNative() && offset >= 0 && offset <= all.byteSize() - bytes.byteSize()) {
            WeightKeys.text(digest, offset + "+" + bytes.byteSize());
            hashed.add(bytes);
          }
        }
      }
    }
    for (byte[] ofChunk : WeightKeys.hashes(between(all, hashed), hash, workers)) {
      digest.update(ofChunk);
    }
    return BlobKey.of(digest.digest());
  }

  /** What of a segment lies in none of its parts. */
  private static List<MemorySegment> between(MemorySegment all, List<MemorySegment> parts) {
    parts.sort((a, b) -> Long.compare(a.address(), b.address()));
    List<MemorySegment> rest = new ArrayList<>();
    long at = 0;
    for (MemorySegment part : parts) {
      long from = part.address() - all.address();
      if (from > at) {
        rest.add(all.asSlice(at, from - at));
      }
      at = Math.max(at, from + part.byteSize());
    }
    rest.add(all.asSlice(at));
    return rest;
  }
}
