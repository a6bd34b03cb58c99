package io.picaflor.plan;

import io.picaflor.kernels.PackedSource;
import io.picaflor.kernels.WeightLayout;
import io.picaflor.kernels.Workers;
import io.picaflor.model.ModelFile;
import io.picaflor.quantization.WeightMatrix;
import io.picaflor.weightcache.BlobKey;
import io.picaflor.weightcache.CachePlace;
import io.picaflor.weightcache.FileIdentity;
import io.picaflor.weightcache.SourceRecords;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
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
  private final CachePlace place;
  private final Workers workers;

  /**
   * A file's way to its keys.
   *
   * @param place where the cache is, and so its records
   */
  SourceKeys(ModelFile file, CachePlace place, Workers workers) {
    this.file = file;
    this.place = place;
    this.workers = workers;
  }

  /** The keys of sources in layouts, in their order. */
  List<BlobKey> of(List<PackedSource> sources, List<WeightLayout> layouts) {
    Optional<FileIdentity> identity = file.path().flatMap(SourceKeys::identity);
    Optional<SourceRecords> records = identity.isPresent() ? records() : Optional.empty();
    Map<String, BlobKey> known = new HashMap<>();
    if (records.isPresent()) {
      records.get().find(identity.get()).ifPresent(known::putAll);
    }
    BlobKey[] keys = new BlobKey[sources.size()];
    List<Integer> unknown = new ArrayList<>();
    List<Optional<String>> names = new ArrayList<>();
    for (int i = 0; i < keys.length; i++) {
      names.add(name(sources.get(i), layouts.get(i)));
      keys[i] = names.get(i).map(known::get).orElse(null);
      if (keys[i] == null) {
        unknown.add(i);
      }
    }
    if (!unknown.isEmpty()) {
      List<BlobKey> hashed = WeightKeys.of(unknown.stream().map(sources::get).toList(),
          unknown.stream().map(layouts::get).toList(), workers);
      for (int i = 0; i < hashed.size(); i++) {
        keys[unknown.get(i)] = hashed.get(i);
        BlobKey key = hashed.get(i);
        names.get(unknown.get(i)).ifPresent(name -> known.put(name, key));
      }
      if (records.isPresent()) {
        records.get().record(file.path().orElseThrow(), identity.get(), known);
      }
    }
    return List.of(keys);
  }

  private Optional<SourceRecords> records() {
    try {
      return Optional.of(new SourceRecords(place));
    } catch (IOException e) {
      return Optional.empty(); // the cache itself will say what is wrong
    }
  }

  private static Optional<FileIdentity> identity(Path path) {
    try {
      return Optional.of(FileIdentity.of(path));
    } catch (IOException e) {
      return Optional.empty(); // hashed then
    }
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
