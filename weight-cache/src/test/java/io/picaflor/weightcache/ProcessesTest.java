package io.picaflor.weightcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several processes, several threads, and processes that are killed: one builds, all have the right bytes. */
class ProcessesTest {
  @TempDir
  Path folder;

  private static void assertOneBuiltAndAllAreRight(List<String> outcomes) {
    assertEquals(1, Collections.frequency(outcomes, "BUILT"), outcomes.toString());
    assertEquals(outcomes.size() - 1, Collections.frequency(outcomes, "HIT"), outcomes.toString());
  }

  @Test
  void ofTwoAndOfEightProcessesThatStartAtOnceOneBuildsAndTheOthersFind() throws Exception {
    for (int count : new int[] {2, 8}) {
      Path place = Files.createDirectory(folder.resolve("of" + count));
      List<Process> processes = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        processes.add(CacheProcess.start(List.of(), place.toString(), "wait"));
      }
      for (Process process : processes) {
        assertEquals("ready", process.inputReader().readLine());
      }
      for (Process process : processes) {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
      }
      List<String> outcomes = new ArrayList<>();
      for (Process process : processes) {
        outcomes.add(lastLine(process));
      }
      assertOneBuiltAndAllAreRight(outcomes);
      assertEquals(List.of("family-g1.weights", "family.lock"), new TestCache(place).names());
    }
  }

  /** What a process that ends well says last. */
  private static String lastLine(Process process) throws Exception {
    List<String> lines = process.inputReader().lines().toList();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue(), String.join("\n", lines));
    return lines.getLast();
  }

  @Test
  void ofTwoLoadsInOneProcessOneBuildsAndTheOtherWaits() throws Exception {
    for (boolean inBackground : new boolean[] {false, true}) {
      TestCache cache = new TestCache(Files.createDirectory(folder.resolve("background-" + inBackground)));
      CountDownLatch bothHere = new CountDownLatch(2);
      try (var pool = Executors.newFixedThreadPool(2)) {
        List<Future<String>> loads = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
          loads.add(pool.submit(() -> {
            bothHere.countDown();
            bothHere.await();
            List<TestBlob> blobs = CacheProcess.blobs();
            try (PackedBlobs packed = cache.get(cache.request().finishInBackground(inBackground), blobs)) {
              TestBlob.assertAllRight(packed, blobs);
              return packed.report().outcome().toString();
            }
          }));
        }
        assertOneBuiltAndAllAreRight(List.of(loads.get(0).get(), loads.get(1).get()));
      }
      assertEquals(List.of(), cache.log);
    }
  }

  @Test
  void aBuilderKeepsItsLockWhenAnotherLoadOfItsProcessGivesUp() throws Exception {
    // On Unix the first close of any channel on a file gives up the locks that the whole process has on it.
    TestCache cache = new TestCache(folder);
    Path lockFile = new CacheFolder(folder).lockPath(TestCache.FAMILY);
    try (BuildLock _ = BuildLock.acquire(lockFile, cache.surroundings.permissions(), Duration.ZERO).orElseThrow()) {
      assertTrue(BuildLock.acquire(lockFile, cache.surroundings.permissions(), Duration.ZERO).isEmpty());
      assertEquals("MEMORY", lastLine(CacheProcess.start(List.of(), folder.toString(), "impatient")));
    }
    assertEquals("BUILT", lastLine(CacheProcess.start(List.of(), folder.toString(), "impatient")));
  }

  @Test
  void aBuilderThatIsKilledAtAnyMomentLeavesNothingThatMatters() throws Exception {
    Random random = new Random(20);
    int steps = CacheProcess.BLOBS * 3;
    int unfinished = 0;
    for (int i = 0; i < 20; i++) {
      TestCache cache = new TestCache(Files.createDirectory(folder.resolve("kill" + i)));
      // From the first block to the end, which is when the file is forced and gets its name.
      int killAfter = i < 2 ? steps : 1 + random.nextInt(steps);
      Process process = CacheProcess.start(List.of(), cache.folder.toString());
      readLines(process.inputReader(), killAfter);
      process.destroyForcibly();
      assertTrue(process.waitFor(60, TimeUnit.SECONDS));
      unfinished += cache.names().stream().anyMatch(name -> name.endsWith(".building")) ? 1 : 0;
      List<TestBlob> blobs = CacheProcess.blobs();
      try (PackedBlobs packed = cache.get(blobs)) {
        TestBlob.assertAllRight(packed, blobs);
        assertTrue(packed.report().outcome() != CacheOutcome.MEMORY, packed.report().reason());
      }
      cache.assertGives(CacheOutcome.HIT, CacheProcess.blobs());
      cache.assertNoLeftovers();
      assertEquals(List.of(), cache.log, "what was not finished has no name, so nobody meets it");
    }
    assertTrue(unfinished > 0, "none was killed while it built");
  }

  private static void readLines(BufferedReader reader, int count) throws IOException {
    for (int i = 0; i < count && reader.readLine() != null; i++) {}
  }

  @Test
  void aHitOfAnotherProcessCallsNothingThatWrites() throws Exception {
    assumeTrue(canTrace());
    Path trace = folder.resolve("trace");
    Path place = Files.createDirectory(folder.resolve("place"));
    List<String> strace = List.of("/usr/bin/strace", "-f", "-y", "-o", trace.toString(), "-e",
        "trace=write,pwrite64,writev,ftruncate,fallocate,rename,renameat2,mkdir,unlink,unlinkat,utimensat,openat");
    assertEquals("BUILT", lastLine(CacheProcess.start(strace, place.toString())));
    assertTrue(writes(trace, place).stream().anyMatch(line -> line.contains("pwrite64(")), "the trace shows writes");
    assertEquals("HIT", lastLine(CacheProcess.start(strace, place.toString())));
    assertEquals(List.of(), writes(trace, place));
  }

  /** There may be no strace, or no right to use it. */
  private static boolean canTrace() throws Exception {
    return Files.isExecutable(Path.of("/usr/bin/strace"))
        && new ProcessBuilder("/usr/bin/strace", "-o", "/dev/null", "true").start().waitFor() == 0;
  }

  /** Traced calls that name the folder or a file in it, but for opening to read. */
  private static List<String> writes(Path trace, Path place) throws IOException {
    return Files.readAllLines(trace).stream().filter(line -> line.contains(place.toString()))
        .filter(line -> !line.contains("openat(") || line.contains("O_WRONLY") || line.contains("O_RDWR")
            || line.contains("O_CREAT"))
        .filter(line -> !line.contains("/hsperfdata")).toList();
  }
}
