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

/** What decoding leaves to the garbage collector. */
class PlanAllocationTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Compilers take the boxes of the Vector API away once they have seen a kernel often enough. */
  private static final int WARM_UP = 600;

  private static final int MEASURED = 100;
  private static final long ALLOWED = 1024;

  @Test
  void aDecodedTokenAllocatesAtMostOneKibibyte() throws Exception {
    List<Path> models = new ArrayList<>(List.of(DemoModel.path()));
    models.addAll(PlannedModel.shared("tiny_(gemma2_q8|hf_gemma4moe_q8|smollm_fp16)\\..*"));
    List<String> found = new ArrayList<>();
    boolean holds = true;
    for (Path path : models) {
      for (int threads = 1; threads <= 2; threads++) {
        try (PlannedModel model = PlannedModel.of(path, "vector", threads)) {
          long bytes = perToken(model);
          found.add(path.getFileName() + " with " + threads + " threads: " + bytes);
          holds &= bytes <= ALLOWED;
        }
      }
    }
    assertTrue(holds, "bytes for each token: " + found);
  }

  /** Bytes of all threads; the least of several measurements, for other threads of the JVM allocate now and then. */
  private static long perToken(PlannedModel model) {
    try (Executor context = model.context()) {
      decode(context, WARM_UP);
      long least = Long.MAX_VALUE;
      for (int i = 0; i < 5; i++) {
        long before = THREADS.getTotalThreadAllocatedBytes();
        decode(context, MEASURED);
        least = Math.min(least, THREADS.getTotalThreadAllocatedBytes() - before);
      }
      return least / MEASURED;
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
