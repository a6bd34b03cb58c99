package io.picaflor.weightcache;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;

/**
 * Small files beside the cache that say which content a file was found to have, so that a warm start need not hash it.
 *
 * <p>One record for each {@link FileIdentity}, several per model: copies, or one model before and after a move. A record is
 * believed by the same rules as a cache; one that is damaged or missing means only that the file is hashed again.
 * Any thread may call.
 */
public final class SourceRecords {
  /** The most characters of a section's name. */
  public static final int MAX_NAME = CacheFormat.MAX_TEXT_BYTES / 4;

  private static final System.Logger LOG = System.getLogger(WeightCache.class.getName());

  private final Surroundings surroundings;
  private final CachePlace place;
  private final Clock clock;

  /** The records that lie where a cache of this place would. */
  public SourceRecords(CachePlace place) throws IOException {
    this(place, Surroundings.real(), Clock.systemUTC());
  }

  SourceRecords(CachePlace place, Surroundings surroundings, Clock clock) {
    this.place = place;
    this.surroundings = surroundings;
    this.clock = clock;
  }

  /**
   * The content keys of a file's sections, by the names under which they were recorded.
   *
   * @return nothing if the file is not known, or is not the one that was hashed
   */
  public Optional<Map<String, BlobKey>> find(FileIdentity identity) {
    Places places = new Places(surroundings);
    for (Places.Candidate candidate : candidates(places)) {
      try {
        Optional<CacheFolder> folder = places.forReading(candidate);
        Optional<SourceRecord> record = folder.isEmpty() ? Optional.empty() : read(folder.get(), identity);
        if (record.isPresent()) {
          return Optional.of(record.get().keys());
        }
      } catch (IOException _) {
        // The cache itself will say what is wrong with the folder.
      }
    }
    return Optional.empty();
  }

  private Optional<SourceRecord> read(CacheFolder folder, FileIdentity identity) throws IOException {
    Optional<SourceRecord> record = SourceRecord.read(folder.recordPath(identity), surroundings.rules());
    return record.filter(found -> found.identity().equals(identity)); // else hashed again and written anew
  }

  /**
   * Records what a file was found to contain.
   *
   * @param file the file, for people and to see that it has not changed meanwhile
   * @param before its identity from before it was hashed
   * @param keys content keys by section, under names of the caller's
   * @return whether it was recorded; not if the file was changed since or in the last two seconds, nor if nothing can be
   *     written
   */
  public boolean record(Path file, FileIdentity before, Map<String, BlobKey> keys) {
    Places places = new Places(surroundings);
    for (Places.Candidate candidate : candidates(places)) {
      try {
        if (!before.isSettled(clock.instant()) || !FileIdentity.of(file).equals(before)) {
          return false;
        }
        write(places.forBuilding(candidate), new SourceRecord(before, file.toAbsolutePath().toString(), keys));
        return true;
      } catch (IOException e) {
        LOG.log(System.Logger.Level.DEBUG, "content of {0} was not recorded: {1}", file, Reasons.of(e));
      }
    }
    return false;
  }

  private void write(CacheFolder folder, SourceRecord record) throws IOException {
    byte[] bytes = record.encode();
    if (bytes.length > SourceRecord.MAX_BYTES) {
      throw new IOException("record of " + bytes.length + " bytes is too large");
    }
    // In place: a record that is cut short has a wrong checksum, and costs no more than one that is missing.
    try (FileChannel channel = surroundings.permissions().open(folder.recordPath(record.identity()),
        StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
        LinkOption.NOFOLLOW_LINKS)) {
      ByteBuffer left = ByteBuffer.wrap(bytes);
      while (left.hasRemaining()) {
        channel.write(left);
      }
    }
    new Housekeeping(folder, new LastUses(), surroundings).limitRecords();
  }

  private Iterable<Places.Candidate> candidates(Places places) {
    return places.candidates(place, "records");
  }
}
