package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.picaflor.DemoModel;
import io.picaflor.session.Executor;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import javax.management.JMException;
import javax.management.ObjectName;

import org.junit.jupiter.api.Test;

/** What decoding leaves to the garbage collector. */
class PlanAllocationTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final int MEASURED = 100;

  /**
   * Compilers take the boxes of the Vector API away once they have seen a kernel often enough. Measurements count while
   * nothing is left to compile: how long that takes is a matter of the machine's load.
   */
  private static final int MOST_MEASUREMENTS = 80;

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
  private static long perToken(PlannedModel model) throws Exception {
    try (Executor context = model.context()) {
      long least = Long.MAX_VALUE;
      for (int i = 0; least / MEASURED > ALLOWED && i < MOST_MEASUREMENTS; i += compilersAreIdle() ? 1 : 0) {
        long before = THREADS.getTotalThreadAllocatedBytes();
        decode(context, MEASURED);
        least = Math.min(least, THREADS.getTotalThreadAllocatedBytes() - before);
      }
      return least / MEASURED;
    }
  }

  /** Whether no method is being compiled, nor waits for it: as {@code jcmd Compiler.queue} prints it. */
  private static boolean compilersAreIdle() throws JMException {
    String queues = (String) ManagementFactory.getPlatformMBeanServer()
        .invoke(new ObjectName("com.sun.management:type=DiagnosticCommand"), "compilerQueue", new Object[0],
            new String[0]);
    assertTrue(queues.contains("Current compiles:"), queues);
    return !queues.contains("::");
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
