package io.picaflor.model;

import io.picaflor.weightcache.BlobKey;
import io.picaflor.weightcache.CachePlace;
import io.picaflor.weightcache.FileIdentity;
import io.picaflor.weightcache.SourceRecords;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The keys of what a model file contains, as a record beside the cache has them, so that a warm start hashes nothing.
 *
 * <p>Believed while the file's identity is the same. Without a file, without a cache or without a record all is as if nothing
 * was known. A load has one of them, made as soon as the file is mapped: a file that is put in its place later has another
 * identity. For one thread.
 */
public final class ContentRecord {
  /** Nothing is known, nor will be. */
  public static final ContentRecord NONE = new ContentRecord(null, null, null);

  private final Path path;
  private final FileIdentity identity;
  private final SourceRecords records;
  private final Map<String, BlobKey> known = new HashMap<>();

  private ContentRecord(Path path, FileIdentity identity, SourceRecords records) {
    this.path = path;
    this.identity = identity;
    this.records = records;
  }

  /** What is recorded of a file where a cache of this place would lie; the file is taken to be as it is now. */
  public static ContentRecord of(ModelFile file, CachePlace place) {
    if (file.path().isEmpty() || place instanceof CachePlace.Memory) {
      return NONE;
    }
    try {
      Path path = file.path().get();
      ContentRecord record = new ContentRecord(path, FileIdentity.of(path), new SourceRecords(place));
      record.records.find(record.identity).ifPresent(record.known::putAll);
      return record;
    } catch (IOException e) {
      return NONE; // hashed then; the cache itself will say what is wrong
    }
  }

  /** The key of a part of the file, by the name under which it was recorded. */
  public Optional<BlobKey> find(String name) {
    return Optional.ofNullable(known.get(name));
  }

  /** Records what was found by hashing, beside what is recorded already. */
  public void add(Map<String, BlobKey> found) {
    if (records != null && !known.entrySet().containsAll(found.entrySet())) {
      known.putAll(found);
      records.record(path, identity, known);
    }
  }
}
