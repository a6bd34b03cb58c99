package io.picaflor.plan;

import io.picaflor.kernels.PackedSource;
import io.picaflor.kernels.WeightLayout;
import io.picaflor.quantization.WeightMatrix;
import io.picaflor.weightcache.BlobKey;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Keys of packed weights: SHA-256 of all that decides their bytes. */
final class WeightKeys {
  /** What a digest takes at a time. */
  private static final long CHUNK_BYTES = 1 << 20;

  /** Hexadecimal digits of a family's name that come of its content. */
  private static final int FAMILY_DIGITS = 32;

  private WeightKeys() {}

  /** The key of a source in a layout: values, scales, shape, kind, the order of its parts, and the layout's id. */
  static BlobKey of(PackedSource source, WeightLayout layout) {
    MessageDigest digest = sha256();
    text(digest, layout.id());
    for (WeightMatrix part : source.parts()) {
      text(digest, kind(part) + " " + part.rows() + " x " + part.columns());
      for (MemorySegment bytes : contents(part)) {
        text(digest, Long.toString(bytes.byteSize()));
        for (long at = 0; at < bytes.byteSize(); at += CHUNK_BYTES) {
          digest.update(bytes.asSlice(at, Math.min(CHUNK_BYTES, bytes.byteSize() - at)).asByteBuffer());
        }
      }
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

  /** The name of the files that hold a model's weights for a tier; the same for each copy of the model. */
  static String family(List<BlobKey> keys, String tier) {
    MessageDigest digest = sha256();
    keys.forEach(key -> digest.update(key.bytes()));
    return HexFormat.of().formatHex(digest.digest()).substring(0, FAMILY_DIGITS) + "-" + tier;
  }

  /** A short name for a long text. */
  static String digest(String text) {
    return HexFormat.of().formatHex(sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static void text(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update((byte) bytes.length);
    digest.update(bytes);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
