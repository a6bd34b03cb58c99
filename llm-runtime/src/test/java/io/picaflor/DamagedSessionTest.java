package io.picaflor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.testfiles.Damage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of sessions that are not what they were: each is refused in one line, and the model goes on. */
class DamagedSessionTest {
  private static final int HEADER_LENGTH = 12;

  @TempDir
  private Path folder;

  private Path file;
  private Model model;
  private byte[] saved;

  @BeforeEach
  void save() throws IOException {
    file = folder.resolve("session");
    model = SampleModel.ring().load("scalar");
    try (Session session = model.newSession()) {
      session.prefill(new int[] {1, 2, 3, 4, 5});
      session.save(file);
      saved = Files.readAllBytes(file);
    }
  }

  @AfterEach
  void close() throws IOException {
    Files.write(file, saved);
    try (Session restored = model.restore(file)) {
      assertEquals(5, restored.position(), "the model still takes what is whole");
    }
    model.close();
  }

  private String refusal(byte[] content) throws IOException {
    Files.write(file, content);
    var e = assertThrows(SessionFormatException.class, () -> model.restore(file).close());
    assertTrue(e.getMessage().startsWith(file + ": "), e::getMessage);
    assertEquals(1, e.getMessage().lines().count());
    return e.getMessage().substring((file + ": ").length());
  }

  @Test
  void aFileThatIsCutAnywhereIsRefused() throws IOException {
    for (int length = 0; length < saved.length; length++) {
      refusal(Arrays.copyOf(saved, length));
    }
    assertEquals("is no saved session, or cut: it has 0 bytes", refusal(new byte[0]));
    assertEquals("is cut: expected " + saved.length + " bytes, found " + (saved.length - 1),
        refusal(Arrays.copyOf(saved, saved.length - 1)));
    assertEquals("is damaged: expected " + saved.length + " bytes, found " + (saved.length + 1),
        refusal(Arrays.copyOf(saved, saved.length + 1)));
  }

  @Test
  void aFlippedBitAnywhereIsFound() throws IOException {
    for (int bit = 0; bit < 8 * saved.length; bit++) {
      byte[] flipped = saved.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      refusal(flipped);
    }
  }

  @Test
  void anotherVersionAndAnotherFileAreNamed() throws IOException {
    byte[] newer = saved.clone();
    newer[8] = 2;
    assertEquals("was saved in version 2 of the format, this program reads version 1; save the session anew",
        refusal(newer));
    assertEquals("is no saved session", refusal(SampleModel.ring().file()));
  }

  /** Whoever can write a checksum can write any number, which must not hurt either. */
  @Test
  void nonsenseWithRightChecksumsIsRefusedOrHarmless() throws IOException {
    Random random = new Random(16);
    for (int i = 0; i < 3000; i++) {
      Files.write(file, withChecksums(Damage.of(saved, random)));
      try (Session restored = model.restore(file)) {
        int[] logits = SampleModel.logits(restored, new int[] {1});
        assertTrue(logits.length > 0);
      } catch (SessionFormatException e) {
        assertTrue(e.getMessage().startsWith(file + ": "), e::getMessage);
      }
    }
  }

  @Test
  void numbersThatPromiseMuchAllocateNothing() throws IOException {
    for (int at : new int[] {48, 52, 56, 60, 64, 68}) {
      for (int value : new int[] {-1, Integer.MAX_VALUE, Integer.MIN_VALUE, 1 << 28}) {
        byte[] content = saved.clone();
        ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
        refusal(withChecksums(content));
      }
    }
  }

  private static byte[] withChecksums(byte[] content) {
    ByteBuffer bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    if (content.length < 80) {
      return content;
    }
    int header = bytes.getInt(HEADER_LENGTH);
    if (header >= 72 && header <= content.length - 4) {
      bytes.putInt(header - 4, checksum(content, 0, header - 4));
      bytes.putInt(content.length - 4, checksum(content, header, content.length - 4));
    }
    return content;
  }

  private static int checksum(byte[] content, int from, int to) {
    CRC32C checksum = new CRC32C();
    checksum.update(content, from, to - from);
    return (int) checksum.getValue();
  }

  @Test
  void theHelperWritesTheChecksumsThatAreThere() {
    assertArrayEquals(saved, withChecksums(saved.clone()));
  }
}
