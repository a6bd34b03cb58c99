package io.picaflor.plan;

import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.PackedSource;
import io.picaflor.kernels.PackedWeights;
import io.picaflor.kernels.WeightLayout;
import io.picaflor.kernels.Workers;
import io.picaflor.model.ContentRecord;
import io.picaflor.model.ModelFile;
import io.picaflor.platform.MappedPages;
import io.picaflor.quantization.WeightMatrix;
import io.picaflor.weightcache.BlobKey;
import io.picaflor.weightcache.BlobSource;
import io.picaflor.weightcache.CachePlace;
import io.picaflor.weightcache.CacheRequest;
import io.picaflor.weightcache.PackedBlobs;
import io.picaflor.weightcache.WeightCache;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Takes the packed weights of a model from the weight cache, or packs what it lacks.
 *
 * <p>An entry's key is the content of its weights and the layout's id ({@link WeightKeys}), so that a changed weight never meets an
 * old pack. Hashing a model takes longer than mapping a cache: a record beside the cache says which keys the parts of a file
 * had, and is believed while the file's identity is the same.
 */
final class CachedPacking {
  /** What a thread packs in one go. */
  private static final long PART_BYTES = 1 << 20;

  private final ModelFile file;
  private final CachePlace place;
  private final Kernels kernels;
  private final Workers workers;

  /**
   * A model's way to the cache.
   *
   * @param place where the cache is
   */
  CachedPacking(ModelFile file, CachePlace place, Kernels kernels, Workers workers) {
    this.file = file;
    this.place = place;
    this.kernels = kernels;
    this.workers = workers;
  }

  /** One linear operator's weights as an entry of the cache, in parts of whole panels. */
  private record Entry(BlobKey key, WeightLayout layout, PackedSource source, int[] borders) implements BlobSource {
    static Entry of(BlobKey key, WeightLayout layout, PackedSource source) {
      List<Integer> borders = new ArrayList<>(List.of(0));
      for (int row = layout.panelRows(); borders.getLast() < source.rows(); row += layout.panelRows()) {
        int end = Math.min(row, source.rows());
        if (end == source.rows() || layout.bytes(source, borders.getLast(), end) >= PART_BYTES) {
          borders.add(end);
        }
      }
      return new Entry(key, layout, source, borders.stream().mapToInt(Integer::intValue).toArray());
    }

    @Override
    public String label() {
      return layout.id() + " " + source.rows() + " x " + source.columns();
    }

    @Override
    public int alignment() {
      return layout.alignment();
    }

    @Override
    public int parts() {
      return borders.length - 1;
    }

    @Override
    public int partBytes(int part) {
      return Math.toIntExact(layout.bytes(source, borders[part], borders[part + 1]));
    }

    @Override
    public void write(int part, MemorySegment target) {
      layout.pack(source, borders[part], borders[part + 1], target);
    }
  }

  /** The packed weights of a model's linear operators. */
  PackedModel pack(List<PackedSource> sources) {
    List<WeightLayout> layouts = sources.stream().map(kernels::layout).toList();
    List<BlobKey> keys = keys(sources, layouts);
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      if (layouts.get(i).bytes(sources.get(i), 0, sources.get(i).rows()) > 0) {
        entries.add(Entry.of(keys.get(i), layouts.get(i), sources.get(i)));
      }
    }
    if (entries.isEmpty()) { // the tier reads all of them in place
      List<PackedWeights> inPlace = sources.stream().map(source -> kernels.bind(source, MemorySegment.NULL)).toList();
      return new PackedModel(inPlace, "none", () -> {});
    }
    CacheRequest request = new CacheRequest(WeightKeys.family(keys, kernels.name()), place)
        .title(file.name())
        .runner((tasks, task) -> workers.run(tasks, task::accept));
    PackedBlobs blobs = WeightCache.open(request, entries);
    List<PackedWeights> packed = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      boolean inPlace = layouts.get(i).bytes(sources.get(i), 0, sources.get(i).rows()) == 0;
      packed.add(kernels.bind(sources.get(i), inPlace ? MemorySegment.NULL : blobs.blob(keys.get(i))));
    }
    if (blobs.report().packedBytes() > 0) {
      MappedPages.release(file.bytes().segment());
    }
    return new PackedModel(packed, blobs.report().outcome().name().toLowerCase(Locale.ROOT), blobs::close);
  }

  /** The sources' keys: from the file's record, else by hashing, which is then recorded. */
  private List<BlobKey> keys(List<PackedSource> sources, List<WeightLayout> layouts) {
    List<Optional<String>> names = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      names.add(name(sources.get(i), layouts.get(i)));
    }
    ContentRecord record = ContentRecord.of(file, place);
    BlobKey[] keys = new BlobKey[sources.size()];
    workers.run(keys.length, i -> {
      BlobKey recorded = names.get(i).flatMap(record::find).orElse(null);
      keys[i] = recorded != null ? recorded : WeightKeys.of(sources.get(i), layouts.get(i));
    });
    Map<String, BlobKey> found = new HashMap<>();
    for (int i = 0; i < keys.length; i++) {
      if (names.get(i).isPresent()) {
        found.put(names.get(i).get(), keys[i]);
      }
    }
    record.add(found);
    return List.of(keys);
  }

  /** Where in the file a source's bytes lie, and how they are laid out; empty for what is not in the file as it is. */
  private Optional<String> name(PackedSource source, WeightLayout layout) {
    StringBuilder name = new StringBuilder(layout.id());
    for (WeightMatrix part : source.parts()) {
      for (MemorySegment bytes : WeightKeys.contents(part)) {
        long offset = bytes.address() - file.bytes().segment().address();
        if (offset < 0 || offset + bytes.byteSize() > file.bytes().size()) {
          return Optional.empty();
        }
        name.append(' ').append(offset).append('+').append(bytes.byteSize());
      }
      name.append(' ').append(part.rows()).append('x').append(part.columns());
    }
    return Optional.of(WeightKeys.digest(name.toString()));
  }
}
