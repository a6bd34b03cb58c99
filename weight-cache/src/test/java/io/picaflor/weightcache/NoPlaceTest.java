package io.picaflor.weightcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where no file can be, or none that could be believed, blobs are packed into memory: one line of log, no exception. */
class NoPlaceTest {
  @TempDir
  Path folder;
  private TestCache cache;

  @BeforeEach
  void newCache() {
    cache = new TestCache(folder);
  }

  private static List<TestBlob> blobs() {
    return TestBlob.some("a", 5);
  }

  private void assertMemoryBecause(String reason) {
    assertMemoryBecause(cache.request(), reason);
  }

  private void assertMemoryBecause(CacheRequest request, String reason) {
    cache.log.clear();
    List<TestBlob> blobs = blobs();
    try (PackedBlobs packed = cache.get(request, blobs)) {
      assertEquals(CacheOutcome.MEMORY, packed.report().outcome());
      TestBlob.assertAllRight(packed, blobs);
      String text = packed.report().reason();
      assertTrue(text.startsWith("in memory, because ") && text.contains(reason), text);
      assertEquals(List.of("weight cache: " + text), cache.log);
    }
  }

  private static void rights(Path path, String rights) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(rights));
  }

  @Test
  void aFolderThatOthersMayWriteIsNotUsed() throws IOException {
    cache.assertGives(CacheOutcome.BUILT, blobs());
    for (String shared : List.of("rwxrwx---", "rwx---rwx", "rwxrwxrwx")) {
      rights(folder, shared);
      assertMemoryBecause("others may write " + folder);
    }
    rights(folder, "rwxr-xr-x");
    cache.assertGives(CacheOutcome.HIT, blobs());
  }

  @Test
  void aFileThatOthersMayWriteIsNotReadAndNotTouched() throws IOException {
    cache.assertGives(CacheOutcome.BUILT, blobs());
    rights(cache.generation(1), "rw-rw----");
    byte[] before = Files.readAllBytes(cache.generation(1));
    cache.assertGives(CacheOutcome.BUILT, blobs());
    assertTrue(cache.log.getFirst().contains("others may write " + cache.generation(1)), cache.log.toString());
    assertEquals(java.util.Arrays.hashCode(before), java.util.Arrays.hashCode(Files.readAllBytes(cache.generation(1))));
    cache.assertGives(CacheOutcome.HIT, blobs());
  }

  @Test
  void whatBelongsToAnotherIsNotBelieved() throws IOException {
    cache.assertGives(CacheOutcome.BUILT, blobs());
    cache.rules(new AccessRules(path -> owned(path, folder)));
    assertMemoryBecause(folder + " belongs to somebody");
    cache.rules(new AccessRules(path -> owned(path, cache.generation(1))));
    cache.assertGives(CacheOutcome.BUILT, blobs());
    cache.assertGives(CacheOutcome.HIT, blobs());
    assertTrue(Files.exists(cache.generation(1)), "it is not ours to remove");
  }

  /** What the system says, but that one file belongs to somebody else. */
  private static AccessRules.Facts owned(Path path, Path foreign) throws IOException {
    AccessRules.Facts real = new UnixFileView(UnixFileView.currentUser()).facts(path);
    return path.equals(foreign) ? new AccessRules.Facts(real.kind(), false, "somebody", real.othersMayWrite()) : real;
  }

  @Test
  void ownersAreComparedByNumberAndTheAdministratorIsTrusted() throws IOException {
    int owner = (Integer) Files.getAttribute(folder, "unix:uid");
    assertEquals(owner, UnixFileView.currentUser());
    assertTrue(new UnixFileView(owner).facts(folder).trustedOwner());
    assertEquals(owner == 0, new UnixFileView(4711).facts(folder).trustedOwner());
    assertTrue(new UnixFileView(4711).facts(Path.of("/")).trustedOwner());
    assumeTrue(owner == 0, "only the administrator can give a file away");
    Files.setAttribute(folder, "unix:uid", 4711);
    assertMemoryBecause(folder + " belongs to user 4711");
  }

  @Test
  void weAreTheUserThatTheProcessActsAs() {
    assertEquals(OptionalInt.of(1001),
        UnixFileView.effectiveUser("Name:\tx\nUid:\t1000\t1001\t1002\t1003\nGid:\t1\t2\n"));
    assertEquals(OptionalInt.of(-2), UnixFileView.effectiveUser("Name:\tx\nUid:\t0\t4294967294\t0\t0\n"));
    assertEquals(OptionalInt.empty(), UnixFileView.effectiveUser("Name:\tx\nUid:\t1000"));
    assertEquals(OptionalInt.empty(), UnixFileView.effectiveUser(""));
  }

  @Test
  void aFileInTheFoldersPlaceIsNoPlace() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    CacheRequest request = new CacheRequest("family", CachePlace.at(file.resolve("F")));
    assertMemoryBecause(request, file.toString());
  }

  @Test
  void aFolderInTheLocksPlaceMeansMemory() throws IOException {
    Files.createDirectory(folder.resolve("family.lock"));
    assertMemoryBecause("family.lock");
  }

  @Test
  void aFolderThatCannotBeMadeMeansMemory() {
    // Not even the administrator makes folders here.
    assumeTrue(Files.isDirectory(Path.of("/proc/self")));
    assertMemoryBecause(new CacheRequest("family", CachePlace.at(Path.of("/proc/picaflor/F"))), "/proc/picaflor");
  }

  @Test
  void aFolderWithoutPermissionToWriteMeansMemoryButServesWhatItHas() throws Exception {
    Path mounted = Files.createDirectory(folder.resolve("mounted"));
    TestCache small = new TestCache(mounted);
    mountSmall(mounted);
    try {
      small.assertGives(CacheOutcome.BUILT, blobs());
      sh("mount", "-o", "remount,ro", mounted.toString());
      small.assertGives(CacheOutcome.HIT, blobs());
      List<TestBlob> others = TestBlob.some("b", 2);
      small.assertGives(CacheOutcome.MEMORY, others);
      assertEquals(List.of("weight cache: in memory, because no permission to write in " + mounted), small.log);
    } finally {
      sh("umount", mounted.toString());
    }
  }

  @Test
  void aDiskThatIsFullAtAnyMomentMeansMemoryAndLeavesNothing() {
    for (int fail = 0; fail < 20; fail++) {
      int at = fail;
      int[] writes = new int[1];
      cache.disk(new FaultyDisk(new TestCache(folder).surroundings.disk()) {
        @Override
        synchronized void beforeWrite(long offset, int bytes) throws IOException {
          if (writes[0]++ == at) {
            throw new IOException("No space left on device");
          }
        }
      });
      if (fail < 1 + 15 + 2) { // the file's end, five blobs of three parts, index and header
        assertMemoryBecause("No space left on device");
        assertEquals(List.of("family.lock"), cache.names());
      }
    }
    cache.assertGives(CacheOutcome.BUILT, blobs());
  }

  @Test
  void aDiskThatFailsToForceMeansMemoryOrAFileThatIsNotKept() {
    FaultyDisk failing = new FaultyDisk(cache.surroundings.disk()) {
      @Override
      void beforeForce() throws IOException {
        throw new IOException("Input/output error");
      }
    };
    cache.disk(failing);
    assertMemoryBecause("Input/output error");
    cache.log.clear();
    List<TestBlob> blobs = blobs();
    try (PackedBlobs packed = cache.get(cache.request().finishInBackground(true), blobs)) {
      assertEquals(false, packed.awaitFile());
      TestBlob.assertAllRight(packed, blobs);
    }
    assertEquals(List.of("weight cache: " + cache.generation(1) + " was not kept: Input/output error"), cache.log);
    assertEquals(List.of("family.lock"), cache.names());
  }

  @Test
  void aSmallDiskThatFillsUpWhilePackingMeansMemory() throws Exception {
    Path mounted = Files.createDirectory(folder.resolve("mounted"));
    TestCache small = new TestCache(mounted);
    mountSmall(mounted);
    try {
      small.assertGives(CacheOutcome.MEMORY, List.of(TestBlob.of("a", 2 << 20)));
      assertTrue(small.log.getFirst().contains("bytes, and " + mounted + " has "), small.log.toString());
      small.log.clear();
      List<TestBlob> filling = new ArrayList<>();
      filling.add(new TestBlob("first", 64, _ -> fill(mounted.resolve("other")), 1000));
      filling.add(TestBlob.of("second", 500_000));
      small.assertGives(CacheOutcome.MEMORY, filling);
      assertTrue(small.log.getFirst().contains("No space left on device"), small.log.toString());
      assertEquals(List.of("family.lock", "other"), small.names());
    } finally {
      sh("umount", mounted.toString());
    }
  }

  /** Takes all that is left of the disk. */
  private static void fill(Path file) {
    try (OutputStream out = Files.newOutputStream(file)) {
      while (true) {
        out.write(new byte[4096]);
      }
    } catch (IOException _) {
      // full
    }
  }

  /** A file system of 1 MB, where the tests may mount one. */
  private static void mountSmall(Path place) throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/mount")));
    Process mount =
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "none", place.toString()).start();
    assumeTrue(mount.waitFor() == 0, "only the administrator mounts, and in a container not even he");
  }

  private static void sh(String... command) throws Exception {
    Process process = new ProcessBuilder(command).inheritIO().start();
    assertTrue(process.waitFor(20, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue(), String.join(" ", command));
  }

  @Test
  void aFileLargerThanTheCapIsNotMade() {
    assertMemoryBecause(cache.request().capBytes(5000), "it would take ");
    assertEquals(List.of("family.lock"), cache.names());
  }

  @Test
  void aLockThatIsHeldBeyondTheDeadlineMeansMemory() throws IOException {
    Path lockFile = new CacheFolder(folder).lockPath(TestCache.FAMILY);
    try (BuildLock _ = BuildLock.acquire(lockFile, cache.surroundings.permissions(), Duration.ZERO).orElseThrow()) {
      assertMemoryBecause(cache.request().lockDeadline(Duration.ofMillis(1)), "another process has been building in ");
    }
    cache.assertGives(CacheOutcome.BUILT, blobs());
  }

  @Test
  void aNetworkFileSystemMeansMemoryUnlessItWasNamed() {
    cache.disk(new FaultyDisk(cache.surroundings.disk()) {
      @Override
      public String fileSystem(Path path) {
        return "nfs4";
      }
    }).home("Linux", folder.resolve("home").toString(), java.util.Map.of());
    assertMemoryBecause(new CacheRequest("family", CachePlace.automatic()), "lies on a network file system (nfs4)");
    assertEquals(List.of(), cache.names(), "not even a folder is made");
    cache.assertGives(CacheOutcome.BUILT, blobs());
  }
}
