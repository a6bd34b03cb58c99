package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.picaflor.DemoModel;
import io.picaflor.session.Executor;
import io.picaflor.testfiles.TinyDecoder;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * The contract of plans: a token's logits depend on it, its position and what was fed before, never on chunks or threads. So
 * all ways to feed a prompt give the same bits.
 */
class PlanRowInvarianceTest {
  private static final int THREADS = 3;

  /** For each model and tier the same plan with 1, 2 and 3 threads. */
  private static final Map<String, List<PlannedModel>> MODELS = new LinkedHashMap<>();

  @BeforeContainer
  static void load() throws Exception {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("tiny decoder", TinyDecoder.file(2, 4));
    files.put("demo", Files.readAllBytes(DemoModel.path()));
    for (Path path : PlannedModel.shared("tiny_(gemma2_q8|hf_llama_kts_fp16|mini_q4b32|hf_gemma4moe_q8)\\..*")) {
      files.put(path.getFileName().toString(), Files.readAllBytes(path));
    }
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      for (String tier : PlannedModel.tiers()) {
        List<PlannedModel> models = new ArrayList<>();
        for (int threads = 1; threads <= THREADS; threads++) {
          models.add(PlannedModel.of(file.getValue(), tier, threads));
        }
        MODELS.put(file.getKey() + ", " + tier, models);
      }
    }
  }

  @AfterContainer
  static void close() throws IOException {
    for (List<PlannedModel> models : MODELS.values()) {
      for (PlannedModel model : models) {
        model.close();
      }
    }
    MODELS.clear();
  }

  @Property(tries = 12)
  void anyChunksAndThreadsGiveTheBitsOfTokenByToken(
      @ForAll @Size(min = 1, max = 6) List<@IntRange(min = 1, max = 12) Integer> chunks,
      @ForAll @IntRange(min = 1, max = THREADS) int threads, @ForAll long seed) {
    MODELS.forEach((name, models) -> {
      PlannedModel several = models.get(threads - 1);
      int[] tokens = tokens(models.getFirst(), chunks.stream().mapToInt(Integer::intValue).sum(), seed);
      try (Executor single = models.getFirst().context(); Executor chunked = several.context();
          Executor whole = several.context()) {
        float[] expected = null;
        int from = 0;
        for (int chunk : chunks) {
          int to = Math.min(from + chunk, tokens.length);
          for (int i = from; i < to; i++) {
            expected = PlannedModel.decode(single, tokens[i]);
          }
          if (to > from) { // the last token of each chunk is asked for its logits
            assertEquals(to - from - 1, chunked.prefill(Arrays.copyOfRange(tokens, from, to - 1), () -> false));
            assertArrayEquals(expected, PlannedModel.decode(chunked, tokens[to - 1]), name + ", to " + to);
          }
          from = to;
        }
        float[] atOnce = whole.evaluate(tokens, () -> false).toArray(ValueLayout.JAVA_FLOAT);
        assertArrayEquals(expected, atOnce, name + ", at once");
        assertEquals(tokens.length, whole.position(), name);
      }
    });
  }

  @Property(tries = 8)
  void afterGoingBackTheBitsAreThoseOfAFreshContext(
      @ForAll @IntRange(min = 2, max = 30) int fed, @ForAll @IntRange(min = 0, max = 29) int back,
      @ForAll @IntRange(min = 1, max = 10) int more, @ForAll long seed) {
    MODELS.forEach((name, models) -> {
      PlannedModel model = models.get(THREADS - 1);
      int[] wrong = tokens(model, fed, seed);
      int kept = Math.min(back, wrong.length);
      int[] right = tokens(model, more, seed + 1);
      right = Arrays.copyOf(right, Math.min(right.length, model.network().contextLength() - kept));
      if (right.length == 0) {
        return;
      }
      try (Executor context = model.context(); Executor fresh = model.context()) {
        context.prefill(wrong, () -> false);
        assertEquals(kept, context.rewind(kept), name);
        assertEquals(kept, context.position(), name);
        fresh.prefill(Arrays.copyOf(wrong, kept), () -> false);
        assertArrayEquals(fresh.evaluate(right, () -> false).toArray(ValueLayout.JAVA_FLOAT),
            context.evaluate(right, () -> false).toArray(ValueLayout.JAVA_FLOAT), name);
      }
    });
  }

  @Property(tries = 1)
  void aPromptThatIsCancelledBeforeItsFirstStepIsNotFed() {
    MODELS.forEach((name, models) -> {
      try (Executor context = models.getFirst().context()) {
        int[] tokens = tokens(models.getFirst(), 5, 1);
        assertEquals(0, context.prefill(tokens, () -> true), name);
        assertNull(context.evaluate(tokens, () -> true), name);
        assertEquals(0, context.position(), name);
      }
    });
  }

  /** Random tokens, no more than the context holds. */
  private static int[] tokens(PlannedModel model, int count, long seed) {
    int length = Math.min(count, model.network().contextLength());
    return new Random(seed).ints(length, 0, model.network().vocabularySize()).toArray();
  }
}
