package io.picaflor.weightcache;

import java.util.function.IntConsumer;

/** Runs the parts of a piece of work side by side: a pool of threads that the caller has, or {@link PackingThreads}. */
@FunctionalInterface
public interface TaskRunner {
  /**
   * Runs each task once, by its number, 0 to {@code tasks - 1}, and returns when all have ended; what they wrote is visible
   * to the caller then. If a task throws, its exception is thrown here; others may then not have run.
   */
  void run(int tasks, IntConsumer task);
}
