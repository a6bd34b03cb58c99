package io.picaflor.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.testfiles.LiteRtLmWriter;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whole files, cut and damaged everywhere: read or refused with the two documented exceptions, never anything else. */
class HostileFilesTest {
  private static final Map<String, byte[]> FILES = Map.of(
      "litertlm", Samples.litertlm().done(),
      "sentencepiece", LiteRtLmWriter.file().model(Samples.PREFILL_DECODE, Samples.graph())
          .section(LiteRtLmWriter.SENTENCE_PIECE, Samples.TOKENIZER).done(),
      "task", Samples.task(),
      "zip64", ZipWriter.zip64("TF_LITE_PREFILL_DECODE", Samples.graph()),
      "tflite", Samples.graph());

  /** The refusal of a file, {@code null} if it is read. Any other exception fails the test. */
  private static IOException refusal(byte[] content) throws IOException {
    try (ModelFile file = Samples.open(content)) {
      Samples.readAll(file);
      return null;
    } catch (ModelFormatException | UnsupportedModelException e) {
      assertTrue(e.getMessage().startsWith("model: "), e.getMessage());
      return e;
    }
  }

  @Test
  void theFilesAreReadWhenTheyAreWhole() throws IOException {
    for (Map.Entry<String, byte[]> file : FILES.entrySet()) {
      assertEquals(null, refusal(file.getValue()), file.getKey());
    }
  }

  @Test
  void aFileCutAtAnyByteIsRefused() throws IOException {
    for (Map.Entry<String, byte[]> file : FILES.entrySet()) {
      for (int cut = 0; cut < file.getValue().length; cut++) {
        IOException refusal = refusal(Arrays.copyOf(file.getValue(), cut));
        assertNotNull(refusal, file.getKey() + " cut at " + cut + " of " + file.getValue().length);
        assertTrue(refusal instanceof ModelFormatException, () -> file.getKey() + ": " + refusal.getMessage());
      }
    }
  }

  @Test
  void aFileWithDamagedBytesIsReadOrRefused() throws IOException {
    long seed = System.nanoTime();
    var random = new Random(seed);
    int refused = 0;
    for (int round = 0; round < 4000; round++) {
      for (Map.Entry<String, byte[]> file : FILES.entrySet()) {
        byte[] damaged = file.getValue().clone();
        int flips = 1 + random.nextInt(3);
        for (int i = 0; i < flips; i++) {
          int at = random.nextInt(damaged.length);
          damaged[at] = switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> (byte) 0xFF;
            case 2 -> (byte) (damaged[at] ^ 1 << random.nextInt(8));
            default -> (byte) random.nextInt(256);
          };
        }
        try {
          refused += refusal(damaged) == null ? 0 : 1;
        } catch (RuntimeException | Error e) {
          throw new AssertionError(file.getKey() + " with seed " + seed + ", round " + round, e);
        }
      }
    }
    int tried = 4000 * FILES.size();
    assertTrue(refused > tried / 10 && refused < tried, "seed " + seed + ": refused " + refused + " of " + tried);
  }
}
