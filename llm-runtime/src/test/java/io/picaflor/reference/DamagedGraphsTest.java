package io.picaflor.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.Workers;
import io.picaflor.model.ModelFile;
import io.picaflor.session.Executor;
import io.picaflor.testfiles.Damage;
import io.picaflor.testfiles.TinyDecoder;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Graphs damaged everywhere: each is run, or refused at load with the two documented exceptions, or fails at run time
 * with an {@link IllegalStateException} that names the operator; never anything else, and never with more memory than
 * it may have.
 *
 * <p>{@code -Dpicaflor.test.rounds=N} tries N times as many, {@code -Dpicaflor.test.seed=N} begins with a reported one.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD, unit = TimeUnit.SECONDS)
class DamagedGraphsTest {
  private static final Path MODELS = Path.of("../../shared/models");
  private static final Kernels KERNELS = Kernels.choose(null);
  private static final long MEMORY = 32 << 20;

  /** What became of a damaged file. */
  private enum End {
    RAN,
    REFUSED,
    FAILED
  }

  private static End end(byte[] content, Workers workers) throws IOException {
    try (Arena arena = Arena.ofShared(); ModelFile file = ModelFile.of("model", MemorySegment.ofArray(content))) {
      ReferenceNetwork network = new ReferenceNetwork(file, KERNELS, workers, arena, MemoryBudget.of("model", MEMORY));
      try (Executor executor = network.newExecutor(network.contextLength())) {
        int[] tokens = new int[Math.min(6, network.contextLength() - 1)];
        Arrays.setAll(tokens, i -> i % network.vocabularySize());
        executor.prefill(tokens, () -> false);
        executor.decode(network.vocabularySize() - 1);
        return End.RAN;
      }
    } catch (ModelFormatException | UnsupportedModelException e) {
      assertTrue(e.getMessage().startsWith("model: ") && e.getMessage().length() < 1100, e.getMessage());
      return End.REFUSED;
    } catch (IllegalStateException e) {
      assertTrue(e.getMessage().startsWith("signature "), e.getMessage());
      return End.FAILED;
    }
  }

  private static void damage(String name, byte[] content, int rounds) throws IOException {
    long seed = Long.getLong("picaflor.test.seed", System.nanoTime());
    int all = rounds * Integer.getInteger("picaflor.test.rounds", 1);
    int[] ends = new int[End.values().length];
    try (Workers workers = new Workers(1)) {
      assertEquals(End.RAN, end(content, workers), name);
      for (int round = 0; round < all; round++) {
        byte[] bytes = Damage.of(content, new Random(seed + round));
        try {
          ends[end(bytes, workers).ordinal()]++;
        } catch (RuntimeException | Error e) {
          throw new AssertionError(name + ": run with -Dpicaflor.test.seed=" + (seed + round), e);
        }
      }
    }
    // Else the damage does not reach what is read, or nothing is left to read. Exporters' files are weights for the
    // most part.
    assertTrue(ends[End.REFUSED.ordinal()] > 0 && ends[End.RAN.ordinal()] > 0,
        name + ", seed " + seed + ": " + Arrays.toString(ends));
    if (all > rounds) {
      System.out.println(name + ": " + Arrays.toString(End.values()) + " " + Arrays.toString(ends));
    }
  }

  @Test
  void damagedGraphsRunOrAreRefused() throws IOException {
    damage("inside", TinyDecoder.file(4), 1500);
    damage("outside", TinyDecoder.outside(4), 1500);
    damage("recurrent", TinyDecoder.recurrent(2), 500);
  }

  @Test
  void graphsCutAtAnyPlaceAreRefused() throws IOException {
    byte[] content = TinyDecoder.outside(4);
    try (Workers workers = new Workers(1)) {
      for (int length = 0; length < content.length; length += 1 + length / 97) {
        assertEquals(End.REFUSED, end(Arrays.copyOf(content, length), workers), "cut to " + length);
      }
    }
  }

  @Test
  void damagedModelsOfExportersRunOrAreRefused() throws IOException {
    if (!Files.isDirectory(MODELS)) {
      System.out.println("no models at " + MODELS + ": only graphs that the tests write were damaged");
    }
    Map<String, byte[]> files = new LinkedHashMap<>();
    List<String> names = new ArrayList<>(List.of("tiny_mini_q4c.tflite", "tiny_hf_gemma3_split_q8.litertlm",
        "tiny_hf_gemma4moe_q8.litertlm", "tiny_hf_lfm2_q8fc.litertlm"));
    for (String name : names) {
      if (Files.exists(MODELS.resolve(name))) {
        files.put(name, Files.readAllBytes(MODELS.resolve(name)));
      }
    }
    files.putIfAbsent("chunks", TinyDecoder.file(2, 4, 8));
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      damage(file.getKey(), file.getValue(), 150);
    }
  }
}
