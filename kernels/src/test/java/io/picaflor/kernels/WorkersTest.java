package io.picaflor.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WorkersTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void eachTaskRunsOnce(int threads) {
    try (Workers workers = new Workers(threads)) {
      assertEquals(threads, workers.threads());
      for (int tasks : new int[] {0, 1, 2, 3, 7, 1000}) {
        for (int repetition = 0; repetition < 50; repetition++) {
          AtomicIntegerArray runs = new AtomicIntegerArray(tasks);
          workers.run(tasks, runs::incrementAndGet);
          for (int i = 0; i < tasks; i++) {
            assertEquals(1, runs.get(i), "task " + i + " of " + tasks);
          }
        }
      }
    }
  }

  @Test
  void whatTasksWriteIsSeenByTheCaller() {
    try (Workers workers = new Workers(3)) {
      int[] plain = new int[64];
      for (int round = 1; round <= 20_000; round++) {
        int value = round;
        workers.run(plain.length, i -> plain[i] = value);
        for (int i = 0; i < plain.length; i++) {
          assertEquals(round, plain[i]);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void rangesCoverAllOnceAndBeginAtGrains(int threads) {
    try (Workers workers = new Workers(threads)) {
      for (int count : new int[] {0, 1, 63, 64, 65, 640, 2048, 262_144}) {
        for (int repetition = 0; repetition < 20; repetition++) {
          AtomicIntegerArray runs = new AtomicIntegerArray(count);
          workers.share(count, 64, (from, to) -> {
            assertEquals(0, from % 64);
            assertTrue(from < to && to <= count && (to % 64 == 0 || to == count), from + " to " + to);
            for (int i = from; i < to; i++) {
              runs.incrementAndGet(i);
            }
          });
          for (int i = 0; i < count; i++) {
            assertEquals(1, runs.get(i), i + " of " + count);
          }
        }
      }
      assertThrows(IllegalArgumentException.class, () -> workers.share(5, 0, (from, to) -> {}));
    }
  }

  /** The first thread to come is held up in its piece until the other has done all else, which it must do alone. */
  @Test
  void aLateThreadHoldsUpOnePieceOnly() {
    try (Workers workers = new Workers(2, false)) {
      for (int round = 0; round < 100; round++) {
        AtomicInteger done = new AtomicInteger();
        AtomicReference<Thread> late = new AtomicReference<>();
        workers.share(64, 1, (from, to) -> {
          if (late.compareAndSet(null, Thread.currentThread())) {
            while (done.get() < 64 - (to - from)) {
              Thread.onSpinWait();
            }
          }
          done.addAndGet(to - from);
        });
        assertEquals(64, done.get());
      }
    }
  }

  @Test
  void manyTasksAreHandedOutInPieces() {
    try (Workers workers = new Workers(2)) {
      int tasks = 200_003;
      AtomicIntegerArray runs = new AtomicIntegerArray(tasks);
      workers.run(tasks, runs::incrementAndGet);
      for (int i = 0; i < tasks; i++) {
        assertEquals(1, runs.get(i));
      }
    }
  }

  /** The worker is held up in its piece until the caller has sent it out, so the next region goes on without it. */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // it would wait for ever, awake
  void aLateWorkerStaysOutAndComesBack() {
    try (Workers workers = new Workers(2, false)) {
      Thread caller = Thread.currentThread();
      CyclicBarrier together = new CyclicBarrier(2);
      AtomicInteger ofWorker = new AtomicInteger();
      AtomicBoolean isOut = new AtomicBoolean();
      Workers.Range who = (from, to) -> {
        if (Thread.currentThread() != caller) {
          ofWorker.incrementAndGet();
        }
        isOut.set(workers.isOut(1));
      };
      while (!isOut.get()) { // once, but on a busy machine its time may be over before the next region begins
        workers.run(2, i -> {
          await(together);
          if (Thread.currentThread() != caller) {
            while (!workers.isOut(1)) {
              Thread.onSpinWait();
            }
          }
        });
        ofWorker.set(0);
        workers.share(64, 1, who);
        if (isOut.get()) {
          assertEquals(0, ofWorker.get(), "it is out");
        }
        boolean seen = isOut.get();
        while (ofWorker.get() == 0 || workers.isOut(1)) { // until its time is over
          workers.share(64, 1, who);
        }
        isOut.set(seen);
      }
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aWorkerHasCpusOfItsOwnAndTheCallerIsLeftAlone() {
    assumeTrue(Runtime.getRuntime().availableProcessors() >= 2);
    String before = allowedCpus();
    try (Workers workers = new Workers(2, true)) {
      AtomicReference<String> ofWorker = new AtomicReference<>();
      CyclicBarrier together = new CyclicBarrier(2);
      Thread caller = Thread.currentThread();
      workers.run(2, i -> {
        await(together);
        if (Thread.currentThread() == caller) {
          assertEquals(before, allowedCpus());
        } else {
          ofWorker.set(allowedCpus());
        }
      });
      assertFalse(before.equals(ofWorker.get()));
    }
  }

  @Test
  void withoutBindingNoThreadIsTouched() {
    String before = allowedCpus();
    try (Workers workers = new Workers(2, false)) {
      AtomicReference<String> seen = new AtomicReference<>(before);
      CyclicBarrier together = new CyclicBarrier(2);
      workers.run(2, i -> {
        await(together);
        seen.accumulateAndGet(allowedCpus(), (a, b) -> a.equals(b) ? a : "different");
      });
      assertEquals(before, seen.get());
    }
  }

  /** Each task waits for the others, so all threads must come, also those that sleep. */
  @Test
  void sleepingWorkersAreWoken() {
    try (Workers workers = new Workers(3)) {
      for (int round = 0; round < 20; round++) {
        while (workers.isOut(1) || workers.isOut(2)) { // on a busy machine one may have been late in the round before
          workers.run(2, i -> {});
        }
        awaitSleepingWorkers(2);
        CyclicBarrier together = new CyclicBarrier(3);
        workers.run(3, i -> await(together));
      }
    }
  }

  @Test
  void oneThreadRunsInOrderOnTheCallersThread() {
    try (Workers workers = new Workers(1)) {
      StringBuilder order = new StringBuilder();
      Thread caller = Thread.currentThread();
      workers.run(4, i -> {
        assertSame(caller, Thread.currentThread());
        order.append(i);
      });
      assertEquals("0123", order.toString());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void aTasksExceptionReachesTheCallerAndTheWorkersGoOn(int threads) {
    try (Workers workers = new Workers(threads)) {
      for (int failing = 0; failing < 5; failing++) {
        int at = failing;
        IllegalStateException failure = new IllegalStateException("task " + at);
        assertSame(failure, assertThrows(IllegalStateException.class, () -> workers.run(5, i -> {
          if (i == at) {
            throw failure;
          }
        })));
      }
      assertThrows(StackOverflowError.class, () -> workers.run(4, i -> {
        throw new StackOverflowError();
      }));
      AtomicInteger runs = new AtomicInteger();
      workers.run(10, i -> runs.incrementAndGet());
      assertEquals(10, runs.get());
    }
  }

  @Test
  void anExceptionOnAWorkersThreadReachesTheCaller() {
    try (Workers workers = new Workers(2)) {
      Thread caller = Thread.currentThread();
      CyclicBarrier together = new CyclicBarrier(2);
      assertThrows(ArithmeticException.class, () -> workers.run(2, i -> {
        await(together);
        if (Thread.currentThread() != caller) {
          throw new ArithmeticException("on a worker");
        }
      }));
    }
  }

  @Test
  void anInterruptStaysSetAndStopsNothing() {
    try (Workers workers = new Workers(2)) {
      CountDownLatch callerIsDone = new CountDownLatch(1);
      Thread caller = Thread.currentThread();
      AtomicInteger runs = new AtomicInteger();
      CyclicBarrier together = new CyclicBarrier(2);
      workers.run(2, i -> {
        await(together);
        if (Thread.currentThread() == caller) {
          caller.interrupt();
          callerIsDone.countDown();
        } else {
          awaitSleep(caller, callerIsDone); // the caller waits for us, interrupted
        }
        runs.incrementAndGet();
      });
      assertTrue(Thread.interrupted(), "the interrupt is kept");
      assertEquals(2, runs.get());
    }
  }

  @Test
  void aRunInsideATaskIsDoneByItsOwnThread() {
    try (Workers workers = new Workers(2)) {
      AtomicInteger runs = new AtomicInteger();
      workers.run(4, i -> workers.run(5, j -> runs.incrementAndGet()));
      assertEquals(20, runs.get());
    }
  }

  @Test
  void callersFromTwoThreadsDoNotDisturbEachOther() throws InterruptedException {
    try (Workers workers = new Workers(2)) {
      AtomicReference<Throwable> failure = new AtomicReference<>();
      List<Thread> callers = List.of(caller(workers, failure), caller(workers, failure), caller(workers, failure));
      for (Thread thread : callers) {
        thread.start();
      }
      for (Thread thread : callers) {
        thread.join();
      }
      assertEquals(null, failure.get());
    }
  }

  @Test
  void closedWorkersEndAndRefuseWork() throws InterruptedException {
    AtomicReference<Thread> worker = new AtomicReference<>();
    Workers workers = new Workers(2);
    CyclicBarrier together = new CyclicBarrier(2);
    Thread caller = Thread.currentThread();
    workers.run(2, i -> {
      await(together);
      if (Thread.currentThread() != caller) {
        worker.set(Thread.currentThread());
      }
    });
    assertTrue(worker.get().isDaemon());
    workers.close();
    workers.close();
    worker.get().join(30_000);
    assertFalse(worker.get().isAlive());
    assertThrows(IllegalStateException.class, () -> workers.run(1, i -> {}));
  }

  @Test
  void theWorkersOfTheProcessAreSharedUntilTheLastUserClosesThem() {
    Workers first = Workers.ofProcess(3);
    Workers second = Workers.ofProcess(3);
    assertSame(first, second);
    first.close();
    AtomicInteger runs = new AtomicInteger();
    second.run(5, i -> runs.incrementAndGet());
    assertEquals(5, runs.get());
    second.close();
    assertThrows(IllegalStateException.class, () -> second.run(1, i -> {}));
    try (Workers next = Workers.ofProcess(3)) {
      assertFalse(next == first);
      next.run(2, i -> runs.incrementAndGet());
      assertEquals(7, runs.get());
    }
  }

  @Test
  void noThreadsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Workers(0).close());
  }

  private static String allowedCpus() {
    try {
      return Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
          .filter(line -> line.startsWith("Cpus_allowed_list:")).findFirst().orElseThrow();
    } catch (IOException e) {
      return "no such file";
    }
  }

  private static Thread caller(Workers workers, AtomicReference<Throwable> failure) {
    return Thread.ofPlatform().unstarted(() -> {
      try {
        for (int round = 0; round < 3000; round++) {
          AtomicInteger sum = new AtomicInteger();
          workers.run(7, sum::addAndGet);
          assertEquals(21, sum.get());
        }
      } catch (Throwable t) {
        failure.set(t);
      }
    });
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await(30, TimeUnit.SECONDS);
    } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void awaitSleepingWorkers(int count) {
    while (Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("picaflor-worker-") && thread.getState() == Thread.State.WAITING)
        .count() < count) {
      Thread.onSpinWait();
    }
  }

  private static void awaitSleep(Thread thread, CountDownLatch before) {
    try {
      before.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    while (thread.getState() == Thread.State.RUNNABLE) {
      Thread.onSpinWait();
    }
  }
}
