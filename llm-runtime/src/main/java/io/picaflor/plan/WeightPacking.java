package io.picaflor.plan;

import io.picaflor.ModelOptions;
import io.picaflor.PackingProgress;
import io.picaflor.WeightCachePlace;
import io.picaflor.WeightCacheUse;
import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.PackedSource;
import io.picaflor.kernels.PackedWeights;
import io.picaflor.kernels.WeightLayout;
import io.picaflor.kernels.Workers;
import io.picaflor.kvcache.MemorySource;
import io.picaflor.model.CacheEntry;
import io.picaflor.model.ContentRecord;
import io.picaflor.model.ModelFile;
import io.picaflor.platform.MappedPages;
import io.picaflor.weightcache.BlobKey;
import io.picaflor.weightcache.BlobMemory;
import io.picaflor.weightcache.BlobSource;
import io.picaflor.weightcache.CacheOutcome;
import io.picaflor.weightcache.CachePlace;
import io.picaflor.weightcache.CacheRequest;
import io.picaflor.weightcache.PackedBlobs;
import io.picaflor.weightcache.WeightCache;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Brings the weights of a model into a tier's layouts: maps them as the weight cache has them, or packs them, panels side by
 * side on all threads, into a file of the cache or into memory.
 */
final class WeightPacking {
  /** Less than this is packed as fast as it is found: docs/decisions/0012. */
  private static final long LEAST_CACHED_BYTES = 16L << 20;

  private final Optional<ModelFile> file;
  private final ContentRecord record;
  private final WeightCachePlace wanted;
  private final boolean warmUp;
  private final Optional<PackingProgress> progress;
  private final Kernels kernels;
  private final Workers workers;
  private final MemorySource memory;

  private WeightPacking(Optional<ModelFile> file, ContentRecord record, WeightCachePlace wanted, boolean warmUp,
      Optional<PackingProgress> progress, Kernels kernels, Workers workers, MemorySource memory) {
    this.file = file;
    this.record = record;
    this.wanted = wanted;
    this.warmUp = warmUp;
    this.progress = progress;
    this.kernels = kernels;
    this.workers = workers;
    this.memory = memory;
  }

  /** Packs into memory. */
  static WeightPacking inMemory(Kernels kernels, Workers workers, MemorySource memory) {
    return new WeightPacking(Optional.empty(), ContentRecord.NONE, WeightCachePlace.NONE, false, Optional.empty(),
        kernels, workers, memory);
  }

  /**
   * Keeps a file's weights where the options say.
   *
   * @param record what is known of the file's content
   */
  static WeightPacking of(ModelFile file, ContentRecord record, ModelOptions options, Kernels kernels, Workers workers,
      MemorySource memory) {
    return new WeightPacking(Optional.of(file), record, options.weightCache(), options.warmUp(), options.progress(),
        kernels, workers, memory);
  }

  /**
   * Packs the weights of a model's linear operators.
   *
   * @param sources one for each of them
   */
  PackedModel pack(List<PackedSource> sources) {
    List<WeightLayout> layouts = sources.stream().map(kernels::layout).toList();
    long bytes = 0;
    for (int i = 0; i < sources.size(); i++) {
      bytes += bytes(sources, layouts, i);
    }
    if (bytes == 0) { // the tier reads all of them in place
      List<PackedWeights> inPlace = sources.stream().map(source -> kernels.bind(source, MemorySegment.NULL)).toList();
      return new PackedModel(inPlace, List.of(), WeightCacheUse.NONE, Optional.empty());
    }
    CachePlace place = place(bytes, largestPanel(sources, layouts));
    List<BlobKey> keys = place instanceof CachePlace.Memory
        ? numbered(sources.size())
        : new SourceKeys(file.orElseThrow(), record, kernels, workers).of(sources, layouts);
    boolean ownMapping = file.flatMap(ModelFile::path).isPresent();
    List<PackedMatrix> entries = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      if (bytes(sources, layouts, i) > 0) {
        entries.add(new PackedMatrix(keys.get(i), layouts.get(i), sources.get(i), ownMapping));
      }
    }
    PackedBlobs blobs = WeightCache.open(request(keys, place), entries);
    if (warmUp && blobs.report().outcome() == CacheOutcome.HIT) {
      WeightWarmUp.begin(blobs);
    }
    List<PackedWeights> packed = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      boolean inPlace = bytes(sources, layouts, i) == 0;
      packed.add(kernels.bind(sources.get(i), inPlace ? MemorySegment.NULL : blobs.blob(keys.get(i))));
    }
    List<BlobKey> known = place instanceof CachePlace.Memory ? List.of() : keys;
    return new PackedModel(packed, known, PackedModel.use(blobs.report()), Optional.of(blobs));
  }

  private static long bytes(List<PackedSource> sources, List<WeightLayout> layouts, int i) {
    return layouts.get(i).bytes(sources.get(i), 0, sources.get(i).rows());
  }

  private static long largestPanel(List<PackedSource> sources, List<WeightLayout> layouts) {
    long largest = 0;
    for (int i = 0; i < layouts.size(); i++) {
      int rows = Math.min(layouts.get(i).panelRows(), sources.get(i).rows());
      largest = Math.max(largest, layouts.get(i).bytes(sources.get(i), 0, rows));
    }
    return largest;
  }

  /** Where so many packed bytes are kept, in panels of at most {@code panelBytes}. */
  CachePlace place(long bytes, long panelBytes) {
    if (panelBytes > BlobSource.MAX_PART_BYTES && !(wanted instanceof WeightCachePlace.None)) {
      return new CachePlace.Memory("a panel of " + panelBytes + " bytes is more than the cache writes in one go");
    }
    if (wanted instanceof WeightCachePlace.Automatic) {
      if (file.isEmpty() || file.get().path().isEmpty()) {
        return new CachePlace.Memory("the model was not loaded from a file");
      }
      if (bytes < LEAST_CACHED_BYTES) {
        return new CachePlace.Memory(bytes + " bytes are packed as fast as they are found");
      }
    }
    return file.isEmpty() ? CachePlace.none() : CacheEntry.place(file.get(), wanted);
  }

  /** In memory a key need only be one of its own. */
  private static List<BlobKey> numbered(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> BlobKey.of(ByteBuffer.allocate(Integer.BYTES).putInt(i).array())).toList();
  }

  private CacheRequest request(List<BlobKey> keys, CachePlace place) {
    CacheRequest request = new CacheRequest(WeightKeys.family(keys, kernels.name()), place)
        .title(file.map(ModelFile::name).orElse(""))
        .runner((tasks, task) -> workers.run(tasks, task::accept))
        .memory(bytes -> {
          MemorySource.Region region = memory.reserve(bytes).orElseGet(() -> memory.allocate(bytes));
          MappedPages.preferLarge(region.memory());
          return new BlobMemory.Region(region.memory(), region.free());
        });
    progress.ifPresent(listener -> request.progress(listener::packed));
    return request;
  }
}
