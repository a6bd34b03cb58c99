package io.picaflor.model;

import io.picaflor.ModelFormatException;
import io.picaflor.platform.MappedPages;
import io.picaflor.tokenizer.PreparedTokenizer;
import io.picaflor.tokenizer.Tokenizer;
import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.weightcache.BlobKey;
import io.picaflor.weightcache.CachePlace;
import io.picaflor.weightcache.PackedBlobs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a model file's tokenizer: from the weight cache in the form in which it is used, where there is a cache, else by
 * parsing it.
 *
 * <p>An entry's key is the tokenizer's content and the form's version, so that all copies of a tokenizer share one file. A warm start
 * takes the key from the record beside the cache: it neither unpacks the tokenizer nor hashes it. What goes wrong with the
 * cache means parsing, and is no error.
 */
public final class CachedTokenizer {
  private static final Logger LOG = System.getLogger(CachedTokenizer.class.getName());
  static final String KIND = "tokenizer";
  /** What a digest takes at a time. */
  private static final int CHUNK_BYTES = 1 << 20;

  private final ModelFile file;
  private final TokenizerData data;
  private final CachePlace place;
  private final ContentRecord record;
  private final CacheEntry entry;

  private CachedTokenizer(ModelFile file, TokenizerData data, CachePlace place, ContentRecord record) {
    this.file = file;
    this.data = data;
    this.place = place;
    this.record = record;
    this.entry = new CacheEntry(KIND, place, file.name());
  }

  /**
   * The file's tokenizer, which needs neither the file nor the cache to stay open; empty if the file holds none.
   *
   * @param place where the cache is
   * @param record what is known of the file's content
   * @throws ModelFormatException if the tokenizer is damaged, or holds what we do not know
   */
  public static Optional<Tokenizer> read(ModelFile file, CachePlace place, ContentRecord record) throws IOException {
    Optional<TokenizerData> data = file.tokenizer();
    return data.isEmpty()
        ? Optional.empty()
        : Optional.of(new CachedTokenizer(file, data.get(), place, record).read());
  }

  /** Parses a tokenizer's file; {@code name} is what messages call it. */
  public static Tokenizer parse(String name, MemorySegment bytes) throws ModelFormatException {
    try {
      return Tokenizer.of(bytes);
    } catch (TokenizerFormatException e) {
      throw damaged(name, e);
    }
  }

  private Tokenizer read() throws IOException {
    if (!(place instanceof CachePlace.Memory)) {
      BlobKey key = key();
      try {
        // A second time: what was damaged is out of the way then, and built anew.
        Optional<Tokenizer> prepared = open(key).or(() -> open(key));
        if (prepared.isPresent()) {
          return prepared.get();
        }
      } catch (UncheckedIOException e) {
        LOG.log(Level.DEBUG, "weight cache: a tokenizer was not prepared", e); // parsing says what is wrong with it
      }
    }
    return parse(file.name(), data.bytes());
  }

  private Optional<Tokenizer> open(BlobKey key) {
    PackedBlobs blobs = entry.open(key, this::prepare);
    try {
      MemorySegment form = blobs.blob(key);
      Tokenizer tokenizer = PreparedTokenizer.open(form);
      MappedPages.release(form); // the checksum has touched all of them, and few are needed soon
      return Optional.of(tokenizer);
    } catch (TokenizerFormatException | InternalError e) {
      CacheEntry.refuse(blobs, e.getMessage());
      return Optional.empty();
    }
  }

  private MemorySegment prepare() {
    try {
      return PreparedTokenizer.prepare(data.bytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private BlobKey key() throws IOException {
    long offset = data.section().segment().address() - file.bytes().segment().address();
    String name = "tokenizer " + PreparedTokenizer.VERSION + " at " + offset + "+" + data.section().size();
    Optional<BlobKey> recorded = record.find(name);
    if (recorded.isPresent()) {
      return recorded.get();
    }
    BlobKey key = hash(data.bytes());
    record.add(Map.of(name, key));
    return key;
  }

  /** The key of a tokenizer's form, by its file's bytes. */
  static BlobKey hash(MemorySegment bytes) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(("tokenizer " + PreparedTokenizer.VERSION + "\n").getBytes(StandardCharsets.UTF_8));
      for (long at = 0; at < bytes.byteSize(); at += CHUNK_BYTES) {
        digest.update(bytes.asSlice(at, Math.min(CHUNK_BYTES, bytes.byteSize() - at)).asByteBuffer());
      }
      return BlobKey.of(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static ModelFormatException damaged(String name, TokenizerFormatException e) {
    return new ModelFormatException(name, "tokenizer", ModelFormatException.NO_OFFSET, e.getMessage(), e);
  }
}
