package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.picaflor.DemoModel;
import io.picaflor.session.Executor;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

/**
 * What decoding leaves to the garbage collector, in the tiers whose code is our own. In the tier {@code vector} it depends on what
 * HotSpot inlines, which no test can hold: {@code OperatorAllocationTest} has its operators one by one, {@code StepBenchmark -prof gc}
 * the step.
 */
class PlanAllocationTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** A step's first runs link and compile what they call. */
  private static final int ROUNDS = 30;

  /** So many in a row: one alone shows that the limit can be reached, not that it is kept. */
  private static final int CLEAN_ROUNDS = 4;

  private static final int MEASURED = 100;
  private static final long ALLOWED = 1024;

  @Test
  void aDecodedTokenAllocatesAtMostOneKibibyte() throws Exception {
    List<Path> models = new ArrayList<>(List.of(DemoModel.path()));
    models.addAll(PlannedModel.shared("tiny_(gemma2_q8|hf_gemma4moe_q8|smollm_fp16)\\..*"));
    List<String> tiers = PlannedModel.tiers().stream().filter(tier -> !tier.equals("vector")).toList();
    List<String> found = new ArrayList<>();
    boolean holds = true;
    for (Path path : models) {
      for (int threads = 1; threads <= 2; threads++) {
        for (String tier : tiers) {
          try (PlannedModel model = PlannedModel.of(path, tier, threads)) {
            long bytes = perToken(model);
            found.add(path.getFileName() + " on " + tier + " with " + threads + " threads: " + bytes);
            holds &= bytes <= ALLOWED;
          }
        }
      }
    }
    assertTrue(holds, "bytes for each token: " + found);
  }

  /** Bytes of all threads in the last round, once the limit is kept; else in the last round that did not keep it. */
  private static long perToken(PlannedModel model) {
    try (Executor context = model.context()) {
      long over = 0;
      int clean = 0;
      for (int round = 0; round < ROUNDS; round++) {
        long before = THREADS.getTotalThreadAllocatedBytes();
        decode(context, MEASURED);
        long bytes = (THREADS.getTotalThreadAllocatedBytes() - before) / MEASURED;
        clean = bytes <= ALLOWED ? clean + 1 : 0;
        if (clean == CLEAN_ROUNDS) {
          return bytes;
        }
        over = clean == 0 ? bytes : over;
      }
      return over;
    }
  }

  private static void decode(Executor context, int tokens) {
    for (int i = 0; i < tokens; i++) {
      if (context.position() == context.contextLength()) {
        context.rewind(0);
      }
      context.decode(5 + i % 50);
    }
  }
}
