package io.picaflor.plan;

import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.PackedSource;
import io.picaflor.kernels.WeightLayout;
import io.picaflor.kernels.Workers;
import io.picaflor.model.ContentRecord;
import io.picaflor.model.ModelFile;
import io.picaflor.quantization.WeightMatrix;
import io.picaflor.weightcache.BlobKey;
import io.picaflor.weightcache.SourceRecords;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The keys of a model file's weights, without reading them if that can be: a record beside the cache says which keys the parts
 * of a file had, and is believed while the file's identity is the same. Otherwise they are hashed, and recorded.
 */
final class SourceKeys {
  private final ModelFile file;
  private final ContentRecord record;
  private final Kernels kernels;
  private final Workers workers;

  /**
   * A file's way to its keys.
   *
   * @param record what is known of the file's content
   */
  SourceKeys(ModelFile file, ContentRecord record, Kernels kernels, Workers workers) {
    this.file = file;
    this.record = record;
    this.kernels = kernels;
    this.workers = workers;
  }

  /** The keys of sources in layouts, in their order. */
  List<BlobKey> of(List<PackedSource> sources, List<WeightLayout> layouts) {
    BlobKey[] keys = new BlobKey[sources.size()];
    List<Integer> unknown = new ArrayList<>();
    List<Optional<String>> names = new ArrayList<>();
    for (int i = 0; i < keys.length; i++) {
      names.add(name(sources.get(i), layouts.get(i)));
      keys[i] = names.get(i).flatMap(record::find).orElse(null);
      if (keys[i] == null) {
        unknown.add(i);
      }
    }
    if (!unknown.isEmpty()) {
      List<BlobKey> hashed = WeightKeys.of(unknown.stream().map(sources::get).toList(),
          unknown.stream().map(layouts::get).toList(), kernels.contentHash(), workers, file.path().isPresent());
      Map<String, BlobKey> found = new HashMap<>();
      for (int i = 0; i < hashed.size(); i++) {
        keys[unknown.get(i)] = hashed.get(i);
        BlobKey key = hashed.get(i);
        names.get(unknown.get(i)).ifPresent(name -> found.put(name, key));
      }
      record.add(found);
    }
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
    String text = name.toString();
    return Optional.of(text.length() <= SourceRecords.MAX_NAME ? text : WeightKeys.digest(text));
  }
}
