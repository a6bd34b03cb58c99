package io.picaflor.weightcache;

import java.util.function.IntConsumer;

/** Runs the parts of a piece of work side by side: a pool of threads that the caller has, or {@link PackingThreads}. */
@FunctionalInterface
public interface TaskRunner {
  /**
   * Runs each task once, by its number, 0 to {@code tasks - 1}; what they wrote is visible to the caller afterwards. If a
   * task throws, its exception is thrown here, and others may not have run. None runs any more when this ends, either way:
   * the memory that they write into is freed then.
   */
  void run(int tasks, IntConsumer task);
}
