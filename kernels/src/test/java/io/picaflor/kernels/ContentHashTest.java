package io.picaflor.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The hash of contents: what it is, and that machine code gives the same. */
class ContentHashTest {
  private static final int STRIPES = 16;
  private static final int[] SIZES =
      {0, 1, 3, 4, 5, 63, 64, 65, 1023, 1024, 1025, 2047, 2048, 32_767, 32_768, 32_769, 65_535, 65_536, 66_561,
        200_003};

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(Tiers.SEED + size).nextBytes(bytes);
    return bytes;
  }

  /** Word by word as the definition says it. */
  private static byte[] defined(byte[] bytes) throws Exception {
    ByteBuffer words =
        ByteBuffer.wrap(Arrays.copyOf(bytes, Math.ceilDiv(bytes.length, 1024) * 1024)).order(ByteOrder.LITTLE_ENDIAN);
    MessageDigest[] digests = new MessageDigest[STRIPES];
    for (int i = 0; i < STRIPES; i++) {
      digests[i] = MessageDigest.getInstance("SHA-256");
    }
    for (int i = 0; words.hasRemaining(); i++) {
      digests[i % STRIPES].update(ByteBuffer.allocate(4).putInt(0, words.getInt()));
    }
    ByteBuffer hash = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < STRIPES; i++) {
      ByteBuffer digest = ByteBuffer.wrap(digests[i].digest());
      for (int word = 0; word < 8; word++) {
        hash.putInt(4 * (word * STRIPES + i), digest.getInt());
      }
    }
    return hash.array();
  }

  @Test
  void everyTierHashesAsItIsDefined() throws Exception {
    for (Kernels tier : Tiers.all()) {
      ContentHash hash = tier.contentHash();
      for (int size : SIZES) {
        byte[] bytes = random(size);
        assertArrayEquals(defined(bytes), hash.hash(MemorySegment.ofArray(bytes)), tier.description() + ", " + size);
      }
    }
  }

  @Test
  void theTierWithMachineCodeHashesByIt() {
    List<Kernels> jit = Tiers.all().stream().filter(tier -> tier.name().equals("jit")).toList();
    assertTrue(!jit.isEmpty() || !System.getProperty("os.arch").equals("amd64"), "no level of jit runs here");
    jit.forEach(tier -> assertEquals(JitContentHash.class, tier.contentHash().getClass()));
  }

  /** A place in memory that is not aligned, as sections of model files are not. */
  @Test
  void thePlaceInMemoryDoesNotMatter() {
    byte[] bytes = random(70_001);
    for (Kernels tier : Tiers.all()) {
      ContentHash hash = tier.contentHash();
      byte[] expected = hash.hash(MemorySegment.ofArray(bytes));
      try (Arena arena = Arena.ofConfined()) {
        for (int at = 1; at < 64; at += 9) {
          MemorySegment place = arena.allocate(at + bytes.length, 64).asSlice(at);
          MemorySegment.copy(bytes, 0, place, ValueLayout.JAVA_BYTE, 0, bytes.length);
          assertArrayEquals(expected, hash.hash(place.asReadOnly()), tier.description());
        }
      }
    }
  }

  @Test
  void everySingleByteCounts() {
    for (Kernels tier : Tiers.all()) {
      ContentHash hash = tier.contentHash();
      byte[] bytes = random(3000);
      Set<ByteBuffer> seen = new HashSet<>();
      seen.add(ByteBuffer.wrap(hash.hash(MemorySegment.ofArray(bytes))));
      for (int i = 0; i < bytes.length; i += 7) {
        bytes[i] ^= (byte) (1 << i % 8);
        assertTrue(seen.add(ByteBuffer.wrap(hash.hash(MemorySegment.ofArray(bytes)))), tier.description() + " at " + i);
      }
      byte[] turned = bytes.clone(); // two words change places
      System.arraycopy(bytes, 0, turned, 64, 4);
      System.arraycopy(bytes, 64, turned, 0, 4);
      assertFalse(seen.contains(ByteBuffer.wrap(hash.hash(MemorySegment.ofArray(turned)))), tier.description());
    }
  }
}
