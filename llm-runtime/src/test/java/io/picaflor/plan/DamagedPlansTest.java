package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.ModelSignatures;
import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.KvLayout;
import io.picaflor.kernels.Workers;
import io.picaflor.kvcache.MemorySource;
import io.picaflor.model.ModelFile;
import io.picaflor.reference.Constants;
import io.picaflor.reference.MemoryBudget;
import io.picaflor.session.Executor;
import io.picaflor.testfiles.Damage;
import io.picaflor.testfiles.TinyDecoder;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Graphs damaged everywhere: each is planned and run, or has no plan, or is refused at load with the two documented
 * exceptions, or fails at run time with an {@link IllegalStateException} of one line; never anything else.
 *
 * <p>{@code -Dpicaflor.test.rounds=N} tries N times as many, {@code -Dpicaflor.test.seed=N} begins with a reported one.
 */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD, unit = TimeUnit.SECONDS)
class DamagedPlansTest {
  private static final Kernels KERNELS = Kernels.choose("scalar");

  /** What became of a damaged file. */
  private enum End {
    RAN,
    NOT_PLANNED,
    REFUSED,
    FAILED
  }

  private static End end(byte[] content, Workers workers) throws IOException {
    try (Arena arena = Arena.ofShared(); ModelFile file = ModelFile.of("model", MemorySegment.ofArray(content))) {
      PlannedNetwork network = new PlannedNetwork("model", new ModelSignatures(file), KERNELS, workers,
          new Constants("model", KERNELS, arena, MemoryBudget.of("model", 256 << 20)), MemorySource.allocated(),
          KvLayout.Precision.F32);
      try (Executor executor = network.newExecutor(network.contextLength())) {
        int[] tokens = new int[Math.min(6, network.contextLength() - 1)];
        Arrays.setAll(tokens, i -> i % network.vocabularySize());
        executor.prefill(tokens, () -> false);
        executor.decode(network.vocabularySize() - 1);
        return End.RAN;
      }
    } catch (NotPlannable e) {
      assertTrue(e.getMessage().lines().count() == 1 && e.getMessage().length() < 1100, e.getMessage());
      return End.NOT_PLANNED;
    } catch (ModelFormatException | UnsupportedModelException e) {
      assertTrue(e.getMessage().startsWith("model: ") && e.getMessage().length() < 1100, e.getMessage());
      return End.REFUSED;
    } catch (IllegalStateException e) {
      assertTrue(e.getMessage().startsWith("signature ") || e.getMessage().startsWith("embedding: "), e.getMessage());
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
    // Else the damage does not reach what is read, or nothing is left to read.
    assertTrue(ends[End.REFUSED.ordinal()] > 0 && ends[End.RAN.ordinal()] > 0,
        name + ", seed " + seed + ": " + Arrays.toString(ends));
    if (all > rounds) {
      System.out.println(name + ": " + Arrays.toString(End.values()) + " " + Arrays.toString(ends));
    }
  }

  @Test
  void damagedGraphsAreRunOrNotPlannedOrRefused() throws IOException {
    damage("inside", TinyDecoder.file(4), 1000);
    damage("outside", TinyDecoder.outside(2, 4), 1000);
    damage("sliding", TinyDecoder.sliding(40, 5, true, 4), 1000);
    damage("masked", TinyDecoder.sliding(40, 5, false, 4), 500);
  }

  @Test
  void damagedModelsOfExportersAreRunOrNotPlannedOrRefused() throws IOException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (Path path : PlannedModel
        .shared("tiny_(mini_q4c|hf_llama_kts_fp16|gemma2_q8|hf_gemma4moe_q8|hf_qwen3_gpu_q8)\\..*")) {
      files.put(path.getFileName().toString(), Files.readAllBytes(path));
    }
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      damage(file.getKey(), file.getValue(), 60);
    }
  }
}
