package io.picaflor.model;

import io.picaflor.ModelFormatException;
import io.picaflor.WeightCachePlace;
import io.picaflor.WeightCacheUse;
import io.picaflor.platform.MappedPages;
import io.picaflor.tokenizer.PreparedTokenizer;
import io.picaflor.tokenizer.Tokenizer;
import io.picaflor.tokenizer.TokenizerFormatException;
import io.picaflor.weightcache.BlobKey;
import io.picaflor.weightcache.BlobSource;
import io.picaflor.weightcache.CacheOutcome;
import io.picaflor.weightcache.CachePlace;
import io.picaflor.weightcache.CacheRequest;
import io.picaflor.weightcache.PackedBlobs;
import io.picaflor.weightcache.WeightCache;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
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
  private static final String FAMILY_SUFFIX = "-tokenizer";
  /** Hexadecimal digits of a family's name that come of its content. */
  private static final int FAMILY_DIGITS = 32;
  /** What a digest takes at a time. */
  private static final int CHUNK_BYTES = 1 << 20;

  private final ModelFile file;
  private final TokenizerData data;
  private final CachePlace place;

  private CachedTokenizer(ModelFile file, TokenizerData data, CachePlace place) {
    this.file = file;
    this.data = data;
    this.place = place;
  }

  /**
   * The file's tokenizer, which needs neither the file nor the cache to stay open; empty if the file holds none.
   *
   * @param place where the cache is
   * @throws ModelFormatException if the tokenizer is damaged, or holds what we do not know
   */
  public static Optional<Tokenizer> read(ModelFile file, CachePlace place) throws IOException {
    Optional<TokenizerData> data = file.tokenizer();
    return data.isEmpty() ? Optional.empty() : Optional.of(new CachedTokenizer(file, data.get(), place).read());
  }

  /**
   * Where the tokenizer is kept of a model whose weights are kept so: beside them, and not at all where they need no file.
   *
   * @param wanted what the user asked for
   * @param weights where the weights came from
   */
  public static CachePlace place(ModelFile file, WeightCachePlace wanted, WeightCacheUse weights) {
    return switch (wanted) {
      case WeightCachePlace.None _ -> CachePlace.none();
      case WeightCachePlace.At at -> CachePlace.at(at.path());
      case WeightCachePlace.Automatic _ -> weights.file().isPresent() && file.path().isPresent()
          ? CachePlace.automatic(file.path().get())
          : CachePlace.none();
    };
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
    CacheRequest request = new CacheRequest(family(key), ownPlace())
        .title(file.name())
        .collected(true); // a tokenizer may outlive its model
    PackedBlobs blobs = WeightCache.open(request, List.of(BlobSource.whole(key, "tokenizer", this::prepare)));
    try {
      MemorySegment form = blobs.blob(key);
      Tokenizer tokenizer = PreparedTokenizer.open(form);
      MappedPages.release(form); // the checksum has touched all of them, and few are needed soon
      return Optional.of(tokenizer);
    } catch (TokenizerFormatException | InternalError e) {
      LOG.log(Level.WARNING, "weight cache: {0} is not used: {1}", blobs.file().map(Path::toString).orElse("memory"),
          e.getMessage());
      remove(blobs);
      return Optional.empty();
    }
  }

  static String family(BlobKey key) {
    return key.hex().substring(0, FAMILY_DIGITS) + FAMILY_SUFFIX;
  }

  /** Takes a damaged file out of the way; who has it mapped keeps its pages. */
  private static void remove(PackedBlobs blobs) {
    if (blobs.report().outcome() != CacheOutcome.HIT || blobs.file().isEmpty()) {
      return;
    }
    try {
      Files.deleteIfExists(blobs.file().get());
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "weight cache: a damaged file was left", e);
    }
  }

  private MemorySegment prepare() {
    try {
      return PreparedTokenizer.prepare(data.bytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A path that names files is the weights'; the tokenizer, which other models share, has a name of its own beside it. */
  private CachePlace ownPlace() {
    if (!(place instanceof CachePlace.At at) || at.path().getFileName() == null || Files.isDirectory(at.path())) {
      return place;
    }
    return CachePlace.at(at.path().resolveSibling(at.path().getFileName() + FAMILY_SUFFIX));
  }

  private BlobKey key() throws IOException {
    ContentRecord record = ContentRecord.of(file, place);
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
