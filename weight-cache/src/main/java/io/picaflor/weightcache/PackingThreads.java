package io.picaflor.weightcache;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;

/** Runs tasks on threads that live for one run only; the caller is one of them. */
final class PackingThreads implements TaskRunner {
  private final int threads;

  PackingThreads(int threads) {
    this.threads = threads;
  }

  @Override
  public void run(int tasks, IntConsumer task) {
    AtomicInteger next = new AtomicInteger();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Runnable share = () -> {
      try {
        for (int i = next.getAndIncrement(); i < tasks && failure.get() == null; i = next.getAndIncrement()) {
          task.accept(i);
        }
      } catch (RuntimeException | Error e) {
        failure.compareAndSet(null, e);
      }
    };
    Thread[] others = new Thread[Math.max(0, Math.min(threads, tasks) - 1)];
    for (int i = 0; i < others.length; i++) {
      others[i] = Thread.ofPlatform().name("picaflor-pack-" + (i + 1)).daemon().start(share);
    }
    share.run();
    joinAll(others);
    switch (failure.get()) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
  }

  /** Waits for all, whatever happens: they write into memory that the caller frees next. */
  private static void joinAll(Thread[] threads) {
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
