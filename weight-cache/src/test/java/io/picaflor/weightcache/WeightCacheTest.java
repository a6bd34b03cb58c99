package io.picaflor.weightcache;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Packed once, found ever after; what changes is packed, what stays is kept, and a hit writes nothing. */
class WeightCacheTest {
  @TempDir
  Path folder;
  private TestCache cache;

  @BeforeEach
  void newCache() {
    cache = new TestCache(folder);
  }

  @Test
  void runsAsANamedModule() {
    assertEquals("io.picaflor.weightcache", WeightCache.class.getModule().getName());
  }

  @Test
  void theFirstTimeBuildsAndTheSecondFindsWithoutAskingForABlob() {
    List<TestBlob> first = TestBlob.some("a", 9);
    try (PackedBlobs packed = cache.get(first)) {
      CacheReport report = packed.report();
      assertEquals(CacheOutcome.BUILT, report.outcome());
      assertEquals(cache.generation(1), report.file().orElseThrow());
      assertEquals(report.bytes(), report.file().map(p -> p.toFile().length()).orElseThrow());
      assertEquals("built " + cache.generation(1) + ", " + report.bytes() + " bytes", report.reason());
      assertEquals(first.stream().mapToLong(TestBlob::bytes).sum(), report.packedBytes());
      TestBlob.assertAllRight(packed, first);
    }
    assertEquals(9 * 3, TestBlob.writes(first), "each part once");
    List<TestBlob> second = TestBlob.some("a", 9);
    cache.assertGives(CacheOutcome.HIT, second);
    assertEquals(0, TestBlob.writes(second));
    assertEquals(List.of(), cache.log);
  }

  @Test
  void whoOnlyLooksGetsWhatIsThereAndBuildsNothing() throws IOException {
    List<TestBlob> blobs = TestBlob.some("a", 3);
    assertTrue(cache.look(blobs).isEmpty());
    assertEquals(0, TestBlob.writes(blobs));
    assertEquals(List.of(), cache.names());
    cache.assertGives(CacheOutcome.BUILT, blobs);
    try (PackedBlobs found = cache.look(TestBlob.some("a", 3)).orElseThrow()) {
      assertEquals(CacheOutcome.HIT, found.report().outcome());
      TestBlob.assertAllRight(found, blobs);
    }
    assertTrue(cache.look(TestBlob.some("b", 1)).isEmpty());
    assertEquals(List.of("family-g1.weights", "family.lock"), cache.names());
  }

  @Test
  void aHitWritesNotOneByte() throws IOException {
    cache.assertGives(CacheOutcome.BUILT, TestBlob.some("a", 5));
    Map<Path, FileTime> before = times();
    for (int i = 0; i < 10; i++) {
      cache.assertGives(CacheOutcome.HIT, TestBlob.some("a", 5));
    }
    assertEquals(before, times());
    assertEquals(List.of("family-g1.weights", "family.lock"), cache.names());
  }

  /** When the folder and all in it were written last; making or removing a file changes the folder's. */
  private Map<Path, FileTime> times() throws IOException {
    Map<Path, FileTime> times = new TreeMap<>();
    times.put(folder, Files.getLastModifiedTime(folder));
    for (String name : cache.names()) {
      times.put(folder.resolve(name), Files.getLastModifiedTime(folder.resolve(name)));
    }
    return times;
  }

  @Test
  void filesAndFoldersArePrivateFromTheStart() throws IOException {
    Path inner = folder.resolve("made").resolve("deeper");
    new TestCache(inner).get(new CacheRequest("family", CachePlace.at(inner.resolve("F"))).finishInBackground(false),
        TestBlob.some("a", 1)).close();
    assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(inner)));
    for (String name : List.of("F-g1.weights", "F.lock")) {
      assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(inner.resolve(name))),
          name);
    }
  }

  @Test
  void aNewGenerationCopiesWhatStaysAndPacksWhatIsMissing() {
    cache.assertGives(CacheOutcome.BUILT, TestBlob.some("a", 6));
    List<TestBlob> wanted = new ArrayList<>(TestBlob.some("b", 2));
    wanted.addAll(TestBlob.some("a", 6));
    try (PackedBlobs packed = cache.get(wanted)) {
      assertEquals(CacheOutcome.BUILT, packed.report().outcome());
      assertEquals(cache.generation(2), packed.report().file().orElseThrow());
      long missing = wanted.get(0).bytes() + wanted.get(1).bytes();
      assertEquals(missing, packed.report().packedBytes());
      assertEquals(wanted.stream().mapToLong(TestBlob::bytes).sum() - missing, packed.report().copiedBytes());
      TestBlob.assertAllRight(packed, wanted);
    }
    assertEquals(2 * 3, TestBlob.writes(wanted));
    assertEquals(List.of("family-g2.weights", "family.lock"), cache.names(),
        "the first has nothing that is not in the second");
    cache.assertGives(CacheOutcome.HIT, TestBlob.some("a", 6));
    cache.assertGives(CacheOutcome.HIT, TestBlob.some("b", 2));
  }

  @Test
  void twoSetsOfBlobsInOneFamilyDoNotPushEachOtherOut() {
    cache.assertGives(CacheOutcome.BUILT, TestBlob.some("a", 3));
    cache.assertGives(CacheOutcome.BUILT, TestBlob.some("b", 3));
    for (int i = 0; i < 3; i++) {
      cache.assertGives(CacheOutcome.HIT, TestBlob.some("a", 3));
      cache.assertGives(CacheOutcome.HIT, TestBlob.some("b", 3));
    }
    assertEquals(List.of("family-g1.weights", "family-g2.weights", "family.lock"), cache.names());
  }

  @Test
  void damagedDataIsNotCopiedIntoANewGeneration() throws IOException {
    cache.assertGives(CacheOutcome.BUILT, List.of(TestBlob.of("a", 5000), TestBlob.of("b", 5000)));
    long place;
    try (CacheFileReader reader = CacheFileReader.open(cache.generation(1), cache.surroundings.rules())) {
      place = reader.index().entries().get(TestBlob.of("a", 5000).key()).offset();
    }
    byte[] bytes = Files.readAllBytes(cache.generation(1));
    bytes[(int) place + 100] ^= 1;
    Files.write(cache.generation(1), bytes);
    List<TestBlob> wanted = List.of(TestBlob.of("a", 5000), TestBlob.of("b", 5000), TestBlob.of("c", 10));
    cache.assertGives(CacheOutcome.BUILT, wanted);
    assertEquals(List.of(1, 0, 1), wanted.stream().map(blob -> blob.written.get()).toList());
  }

  @Test
  void blobsOfEqualKeysAreOne() {
    List<TestBlob> twice = List.of(TestBlob.of("a", 10), TestBlob.of("a", 10));
    try (PackedBlobs packed = cache.get(twice)) {
      assertEquals(10, packed.report().packedBytes());
      TestBlob.assertAllRight(packed, twice);
    }
  }

  @Test
  void aBlobLiesAsItsSourceAsks() {
    List<TestBlob> blobs = List.of(TestBlob.of("a", 1), new TestBlob("b", 4096, _ -> {}, 7), TestBlob.of("c", 1),
        new TestBlob("d", 256, _ -> {}, 7));
    cache.assertGives(CacheOutcome.BUILT, blobs);
    cache.assertGives(CacheOutcome.HIT, blobs);
    var e = assertThrows(IllegalArgumentException.class, () -> cache.get(List.of(new TestBlob("b", 32, _ -> {}, 7))));
    assertEquals("blob 'blob b': alignment expected a power of two from 64 to 4096, found 32", e.getMessage());
  }

  /** Remembers what it is told. */
  private static final class Told implements Progress {
    final List<String> begins = new ArrayList<>();
    final List<Long> done = new ArrayList<>();
    long total;

    @Override
    public void begins(Optional<Path> file, long totalBytes) {
      begins.add(file + " " + totalBytes);
    }

    @Override
    public void packed(long doneBytes, long totalBytes) {
      done.add(doneBytes);
      total = totalBytes;
    }
  }

  @Test
  void progressBeginsWithThePlaceAndEndsWithAllBytes() {
    List<TestBlob> blobs = TestBlob.some("a", 4);
    long total = blobs.stream().mapToLong(TestBlob::bytes).sum();
    Told told = new Told();
    cache.get(cache.request().progress(told), blobs).close();
    assertEquals(List.of(Optional.of(cache.generation(1)) + " " + total), told.begins);
    assertEquals(4 * 3, told.done.size());
    assertEquals(total, told.done.getLast());
    assertEquals(total, told.total);
    assertEquals(told.done.stream().sorted().toList(), told.done);
    Told inMemory = new Told();
    cache.get(new CacheRequest("family", CachePlace.none()).progress(inMemory), blobs).close();
    assertEquals(List.of("Optional.empty " + total), inMemory.begins);
    Told onHit = new Told();
    cache.get(cache.request().progress(onHit), blobs).close();
    assertEquals(List.of(), onHit.begins);
  }

  @Test
  void aBlobInOnePieceIsMadeOnceAndOnAHitNotAtAll() {
    byte[] bytes = new byte[(2 << 20) + 5];
    new Random(1).nextBytes(bytes);
    AtomicInteger made = new AtomicInteger();
    BlobKey key = BlobKey.of(new byte[] {9});
    for (CacheOutcome expected : List.of(CacheOutcome.BUILT, CacheOutcome.HIT)) {
      BlobSource tables = BlobSource.whole(key, "tables", () -> {
        made.incrementAndGet();
        return MemorySegment.ofArray(bytes);
      });
      try (PackedBlobs packed = new WeightCache(cache.surroundings).get(cache.request(), List.of(tables))) {
        assertEquals(expected, packed.report().outcome());
        assertEquals(-1, packed.blob(key).mismatch(MemorySegment.ofArray(bytes)));
        assertTrue(packed.check(key));
      }
    }
    assertEquals(1, made.get());
  }

  @Test
  void withoutACacheBlobsArePackedIntoMemoryAndNoFileIsMade() {
    List<TestBlob> blobs = TestBlob.some("a", 4);
    CacheRequest request = new CacheRequest("family", CachePlace.none());
    try (PackedBlobs packed = cache.get(request, blobs)) {
      assertEquals(CacheOutcome.MEMORY, packed.report().outcome());
      assertEquals("in memory, because no weight cache was asked for", packed.report().reason());
      assertTrue(packed.mapping().isEmpty() && packed.file().isEmpty() && packed.isWhole() && !packed.awaitFile());
      TestBlob.assertAllRight(packed, blobs);
    }
    assertEquals(List.of(), cache.names());
    assertEquals(List.of(), cache.log, "asked for, so nothing to report");
  }

  @Test
  void aNewFileServesWhileItIsBeingFinished() {
    CountDownLatch mayForce = new CountDownLatch(1);
    cache.disk(new FaultyDisk(cache.surroundings.disk()) {
      @Override
      void beforeForce() {
        awaitQuietly(mayForce);
      }
    });
    List<TestBlob> blobs = TestBlob.some("a", 4);
    try (PackedBlobs packed = cache.get(cache.request().finishInBackground(true), blobs)) {
      TestBlob.assertAllRight(packed, blobs);
      assertFalse(Files.exists(cache.generation(1)), "no name before its bytes are on the disk");
      assertTrue(packed.isWhole());
      mayForce.countDown();
      assertTrue(packed.awaitFile());
      assertTrue(Files.exists(cache.generation(1)));
      TestBlob.assertAllRight(packed, blobs);
    }
    cache.assertGives(CacheOutcome.HIT, blobs);
  }

  @Test
  void anErrorOfASourceComesThroughAsItIsAndLeavesNothing() {
    List<TestBlob> blobs = List.of(TestBlob.of("a", 10), new TestBlob("b", 64, _ -> {
      throw new IllegalStateException("the model is gone");
    }, 10));
    var e = assertThrows(IllegalStateException.class, () -> cache.get(blobs));
    assertEquals("the model is gone", e.getMessage());
    assertEquals(List.of("family.lock"), cache.names());
    cache.assertGives(CacheOutcome.BUILT, TestBlob.some("a", 1));
    var inMemory = new CacheRequest("family", CachePlace.none());
    assertThrows(IllegalStateException.class, () -> cache.get(inMemory, blobs));
  }

  @Test
  void refusesPartsThatNoBufferHolds() {
    var e = assertThrows(IllegalArgumentException.class, () -> cache.get(List.of(TestBlob.of("a", 1, (8 << 20) + 1))));
    assertEquals("blob 'blob a', part 1: expected 1 to 8388608 bytes, found 8388609", e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> cache.get(List.of(TestBlob.of("a"))));
    assertThrows(IllegalArgumentException.class, () -> new CacheRequest("../elsewhere", CachePlace.none()));
  }

  @Test
  void twelveThreadsShareEightBuffers() {
    CacheRequest request = cache.request().runner(new PackingThreads(12));
    List<TestBlob> blobs = TestBlob.some("a", 60);
    try (PackedBlobs packed = cache.get(request, blobs)) {
      TestBlob.assertAllRight(packed, blobs);
    }
  }

  @Test
  void closedBlobsCannotBeReadOrLeased() {
    List<TestBlob> blobs = TestBlob.some("a", 1);
    PackedBlobs packed = cache.get(blobs);
    MemorySegment blob = packed.blob(blobs.getFirst().key());
    try (Lease _ = packed.lease()) {
      assertEquals(blobs.getFirst().expected()[0], blob.get(JAVA_BYTE, 0));
    }
    packed.close();
    packed.close();
    assertThrows(IllegalStateException.class, () -> blob.get(JAVA_BYTE, 0));
    assertThrows(IllegalStateException.class, packed::lease);
  }

  @Test
  void aKeyThatWasNotAskedForIsAnError() {
    cache.assertGives(CacheOutcome.BUILT, TestBlob.some("a", 2));
    try (PackedBlobs packed = cache.get(TestBlob.some("a", 1))) {
      assertThrows(IllegalArgumentException.class, () -> packed.blob(TestBlob.some("a", 2).get(1).key()));
    }
  }

  @Test
  void blobsBehindTwoAndFourGigabytesAreFound() throws IOException {
    int[] large = new int[257]; // of 8 MB
    Arrays.fill(large, BlobSource.MAX_PART_BYTES);
    List<TestBlob> blobs =
        List.of(TestBlob.of("large", large), TestBlob.of("behind 2", 5000), TestBlob.of("larger", large),
            TestBlob.of("behind 4", 5000));
    List<PlannedBlob> planned = blobs.stream().map(PlannedBlob::packed).toList();
    CacheFileWriter plan = CacheFileWriter.plan("", 1, planned);
    byte[] index = CacheIndex.of("", planned.stream().map(PlannedBlob::entry).toList()).encode();
    CacheHeader header = new CacheHeader(1, CacheFormat.sectionAlignment(), plan.fileBytes(), index.length,
        CacheFormat.checksum(ByteBuffer.wrap(index)),
        CacheFormat.alignUp(CacheFormat.HEADER_BYTES + index.length, CacheFormat.sectionAlignment()));
    try (FileChannel channel = cache.surroundings.disk().create(cache.generation(1))) { // with holes, so it is small
      channel.write(header.encode(), 0);
      channel.write(ByteBuffer.wrap(index), CacheFormat.HEADER_BYTES);
      channel.write(ByteBuffer.wrap(blobs.get(1).expected()), planned.get(1).blockPlace(0));
      channel.write(ByteBuffer.wrap(blobs.get(3).expected()), planned.get(3).blockPlace(0));
      channel.write(ByteBuffer.allocate(1), plan.fileBytes() - 1);
    }
    try (PackedBlobs packed = cache.get(blobs)) {
      assertEquals(CacheOutcome.HIT, packed.report().outcome());
      assertTrue(packed.report().bytes() > 1L << 32);
      TestBlob.assertAllRight(packed, List.of(blobs.get(1), blobs.get(3)));
      MemorySegment hole = packed.blob(blobs.get(2).key());
      assertEquals(0, hole.get(JAVA_BYTE, hole.byteSize() - 1));
    }
  }
}
