package io.picaflor.kernels;

import io.picaflor.codegen.Sha256Code;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/** The content hash by the JDK's SHA-256, a stripe after the other. */
final class PlainContentHash implements ContentHash {
  private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int STRIPES = Sha256Code.MESSAGES;
  /** Words that are dealt at a time. */
  private static final int STEP = 1 << 14;

  @Override
  public byte[] hash(MemorySegment bytes) {
    MessageDigest[] digests = new MessageDigest[STRIPES];
    Arrays.setAll(digests, _ -> sha256());
    int[] words = new int[STEP];
    byte[] last = new byte[Integer.BYTES];
    byte[] message = new byte[STEP / STRIPES * Integer.BYTES];
    IntBuffer messageWords = ByteBuffer.wrap(message).asIntBuffer(); // big-endian
    for (long at = 0; at < bytes.byteSize(); at += 4L * STEP) {
      int size = (int) Math.min(4L * STEP, bytes.byteSize() - at);
      int whole = size / Integer.BYTES;
      int filled = Math.ceilDiv(size, UNIT_BYTES) * (UNIT_BYTES / Integer.BYTES);
      MemorySegment.copy(bytes, WORD, at, words, 0, whole);
      Arrays.fill(words, whole, filled, 0);
      if (size % Integer.BYTES != 0) {
        Arrays.fill(last, (byte) 0);
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at + 4L * whole, last, 0, size % Integer.BYTES);
        words[whole] = MemorySegment.ofArray(last).get(WORD, 0);
      }
      for (int stripe = 0; stripe < STRIPES; stripe++) {
        for (int i = 0; i < filled / STRIPES; i++) {
          messageWords.put(i, words[i * STRIPES + stripe]);
        }
        digests[stripe].update(message, 0, filled / STRIPES * Integer.BYTES);
      }
    }
    return transposed(digests);
  }

  private static byte[] transposed(MessageDigest[] digests) {
    ByteBuffer hash = ByteBuffer.allocate(HASH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      ByteBuffer digest = ByteBuffer.wrap(digests[stripe].digest());
      for (int i = 0; i < 8; i++) {
        hash.putInt(Integer.BYTES * (i * STRIPES + stripe), digest.getInt(Integer.BYTES * i));
      }
    }
    return hash.array();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
