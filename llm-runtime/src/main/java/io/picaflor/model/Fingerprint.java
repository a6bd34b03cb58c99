package io.picaflor.model;

import java.lang.foreign.MemorySegment;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Tells model files apart by their content, in a moment: SHA-256 of the length and of pieces all over the file.
 *
 * <p>Made for what must not be mixed up by accident. Two files that differ in a few bytes only may have the same one.
 */
public final class Fingerprint {
  /** Bytes of a fingerprint. */
  public static final int BYTES = 32;

  /**
   * In a model of 300 MB, each large matrix has several pieces. At most some 32 MB of the mapping become resident, where the
   * system maps the neighbours of a page as well.
   */
  private static final int PIECES = 512;

  private static final long PIECE_BYTES = 1024;

  private Fingerprint() {}

  /** The fingerprint of a whole file. */
  public static byte[] of(MemorySegment file) {
    MessageDigest digest = sha256();
    long size = file.byteSize();
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      digest.update((byte) (size >>> shift));
    }
    if (size <= PIECES * PIECE_BYTES) {
      digest.update(file.asByteBuffer());
    } else {
      for (int piece = 0; piece < PIECES; piece++) { // the first begins the file, the last ends it
        long at =
            (size - PIECE_BYTES) / (PIECES - 1) * piece + (size - PIECE_BYTES) % (PIECES - 1) * piece / (PIECES - 1);
        digest.update(file.asSlice(at, PIECE_BYTES).asByteBuffer());
      }
    }
    return digest.digest();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
