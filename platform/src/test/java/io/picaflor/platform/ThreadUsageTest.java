package io.picaflor.platform;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What the system counts for a thread. */
@EnabledOnOs(OS.LINUX)
class ThreadUsageTest {
  private final ThreadUsage usage = ThreadUsage.create().orElseThrow();

  @Test
  @Timeout(60)
  void timeThatTheThreadRunsIsCountedAndNoMoreThanThereWas() {
    long wall = System.nanoTime();
    usage.read();
    long before = usage.runNanos();
    while (usage.runNanos() - before < 20_000_000) { // as long as it takes on a busy machine
      usage.read();
    }
    long ran = usage.runNanos() - before;
    assertTrue(ran <= System.nanoTime() - wall + 10_000_000, ran + " ns"); // the kernel may count in ticks of 10 ms
  }

  @Test
  void stopsAreThoseThatTheKernelShows() throws IOException {
    usage.read();
    long before = usage.preemptions();
    long shown = Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
        .filter(line -> line.startsWith("nonvoluntary_ctxt_switches:"))
        .mapToLong(line -> Long.parseLong(line.split("\\s+")[1])).findFirst().orElseThrow();
    usage.read();
    assertTrue(before <= shown && shown <= usage.preemptions(), before + ", " + shown + ", " + usage.preemptions());
  }

  @Test
  void otherThreadsAreNotCounted() throws InterruptedException {
    long[] runs = new long[1];
    Thread fresh = Thread.ofPlatform().start(() -> {
      ThreadUsage own = ThreadUsage.create().orElseThrow();
      own.read();
      runs[0] = own.runNanos();
    });
    fresh.join();
    usage.read();
    assertTrue(runs[0] < usage.runNanos(), "a thread that has just begun has run less than this one");
  }
}
