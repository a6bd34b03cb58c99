package io.picaflor.plan;

import io.picaflor.kernels.ContentHash;
import io.picaflor.kernels.PackedSource;
import io.picaflor.kernels.WeightLayout;
import io.picaflor.kernels.Workers;
import io.picaflor.platform.MappedPages;
import io.picaflor.quantization.WeightMatrix;
import io.picaflor.weightcache.BlobKey;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Keys of packed weights: a hash of all that decides their bytes. Values are hashed in chunks ({@link ContentHash}), side by side on
 * all threads, for one matrix may be most of a model; a key is SHA-256 of the chunks' hashes.
 */
final class WeightKeys {
  /** What a thread hashes in one go. */
  private static final long CHUNK_BYTES = 1 << 20;

  private WeightKeys() {}

  /** Some bytes of a source, and where their hash goes. */
  private record Chunk(MemorySegment bytes, byte[][] hashes, int index) {
    void hash(ContentHash hash, boolean releasing) {
      hashes[index] = hash.hash(bytes);
      if (releasing) {
        MappedPages.release(bytes);
      }
    }
  }

  /**
   * The keys of sources in layouts: of values, scales, shape, kind, the order of parts, and the layout's id.
   *
   * @param releasing whether the pages of what was hashed are let go of; only of a mapping of our own
   */
  static List<BlobKey> of(
      List<PackedSource> sources, List<WeightLayout> layouts, ContentHash hash, Workers workers, boolean releasing) {
    List<Chunk> chunks = new ArrayList<>();
    List<byte[][]> hashes = new ArrayList<>();
    for (PackedSource source : sources) {
      List<MemorySegment> contents = new ArrayList<>();
      for (WeightMatrix part : source.parts()) {
        contents.addAll(contents(part));
      }
      hashes.add(chunks(contents, chunks));
    }
    workers.run(chunks.size(), i -> chunks.get(i).hash(hash, releasing));
    List<BlobKey> keys = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      keys.add(key(sources.get(i), layouts.get(i), hashes.get(i)));
    }
    return keys;
  }

  /** The hashes of the chunks of some bytes of a mapping of our own, in their order. */
  static byte[][] hashes(List<MemorySegment> contents, ContentHash hash, Workers workers) {
    List<Chunk> chunks = new ArrayList<>();
    byte[][] hashes = chunks(contents, chunks);
    workers.run(chunks.size(), i -> chunks.get(i).hash(hash, true));
    return hashes;
  }

  /** Adds the chunks of some bytes; returns where their hashes will be. */
  private static byte[][] chunks(List<MemorySegment> contents, List<Chunk> chunks) {
    List<MemorySegment> pieces = new ArrayList<>();
    for (MemorySegment bytes : contents) {
      for (long at = 0; at < bytes.byteSize(); at += CHUNK_BYTES) {
        pieces.add(bytes.asSlice(at, Math.min(CHUNK_BYTES, bytes.byteSize() - at)));
      }
    }
    byte[][] hashes = new byte[pieces.size()][];
    for (int i = 0; i < hashes.length; i++) {
      chunks.add(new Chunk(pieces.get(i), hashes, i));
    }
    return hashes;
  }

  private static BlobKey key(PackedSource source, WeightLayout layout, byte[][] hashes) {
    MessageDigest digest = sha256();
    text(digest, layout.id());
    for (WeightMatrix part : source.parts()) {
      text(digest, kind(part) + " " + part.rows() + " x " + part.columns());
      for (MemorySegment bytes : contents(part)) {
        text(digest, Long.toString(bytes.byteSize()));
      }
    }
    for (byte[] hash : hashes) {
      digest.update(hash);
    }
    return BlobKey.of(digest.digest());
  }

  /** The bytes that a matrix consists of. */
  static List<MemorySegment> contents(WeightMatrix matrix) {
    return switch (matrix) {
      case WeightMatrix.Float32 w -> List.of(w.values());
      case WeightMatrix.Float16 w -> List.of(w.values());
      case WeightMatrix.PerChannel w -> List.of(w.values(), w.scales());
      case WeightMatrix.Int4Blocks w -> List.of(w.values(), w.scales());
    };
  }

  private static String kind(WeightMatrix matrix) {
    return switch (matrix) {
      case WeightMatrix.Float32 _ -> "float32";
      case WeightMatrix.Float16 _ -> "float16";
      case WeightMatrix.PerChannel w -> "int" + w.bits() + " per channel";
      case WeightMatrix.Int4Blocks w -> "int4 in blocks of " + w.blockSize();
    };
  }

  /**
   * The name of the files that hold a model's weights for a tier; the same for each copy of the model. Only a name: what is in
   * them is decided by keys. So it is no hash of the keys, which are hashes, and a hit needs none.
   */
  static String family(List<BlobKey> keys, String tier) {
    long high = keys.size();
    long low = 0;
    for (BlobKey key : keys) {
      ByteBuffer bytes =
          ByteBuffer.allocate(2 * Long.BYTES).put(key.bytes(), 0, Math.min(2 * Long.BYTES, key.bytes().length));
      high = 31 * high + bytes.getLong(0);
      low = 31 * low + bytes.getLong(Long.BYTES);
    }
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(high) + hex.toHexDigits(low) + "-" + tier;
  }

  /** A short name for a long text. */
  static String digest(String text) {
    return HexFormat.of().formatHex(sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  static void text(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update((byte) bytes.length);
    digest.update(bytes);
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
