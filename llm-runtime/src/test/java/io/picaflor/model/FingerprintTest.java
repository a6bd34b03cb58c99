package io.picaflor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Files get fingerprints of their own. */
class FingerprintTest {
  private static byte[] of(byte[] content) {
    return Fingerprint.of(MemorySegment.ofArray(content));
  }

  private static byte[] random(int length) {
    byte[] content = new byte[length];
    new Random(length).nextBytes(content);
    return content;
  }

  @Test
  void aSmallFileIsReadAsAWhole() {
    byte[] content = random(512 << 10);
    byte[] fingerprint = of(content);
    assertEquals(Fingerprint.BYTES, fingerprint.length);
    assertArrayEquals(fingerprint, of(content.clone()));
    for (int at = 0; at < content.length; at += 997) {
      content[at] ^= 1;
      assertFalse(Arrays.equals(fingerprint, of(content)), "byte " + at);
      content[at] ^= 1;
    }
  }

  @Test
  void ofALargeFileBothEndsAndEachPartInBetweenCount() {
    byte[] content = random(5_000_003);
    byte[] fingerprint = of(content);
    int[] ends = {0, 1023, content.length - 1024, content.length - 1};
    for (int at : ends) {
      content[at] ^= 1;
      assertFalse(Arrays.equals(fingerprint, of(content)), "byte " + at);
      content[at] ^= 1;
    }
    for (int from = 0; from + 20_000 <= content.length; from += 20_000) { // a matrix that was trained on
      byte[] changed = content.clone();
      Arrays.fill(changed, from, from + 20_000, (byte) 7);
      assertFalse(Arrays.equals(fingerprint, of(changed)), "from byte " + from);
    }
    assertFalse(Arrays.equals(fingerprint, of(Arrays.copyOf(content, content.length + 1))));
  }
}
