package io.picaflor.weightcache;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever lies in the cache's place, the caller gets the right bytes, a new file, and one line of log. */
class BadInputTest {
  @TempDir
  Path folder;
  private TestCache cache;
  private byte[] good;

  @BeforeEach
  void buildAGoodFile() throws IOException {
    cache = new TestCache(folder);
    cache.assertGives(CacheOutcome.BUILT, blobs());
    good = Files.readAllBytes(cache.generation(1));
  }

  private static List<TestBlob> blobs() {
    return TestBlob.some("a", 5);
  }

  /** The only file is this one, as if it had always been. */
  private void put(byte[] bytes) throws IOException {
    for (String name : cache.names()) {
      if (name.endsWith(".weights")) {
        Files.delete(folder.resolve(name));
      }
    }
    cache.log.clear();
    try (FileChannel channel = cache.surroundings.permissions().open(cache.generation(1), StandardOpenOption.WRITE,
        StandardOpenOption.CREATE_NEW)) {
      channel.write(ByteBuffer.wrap(bytes));
    }
  }

  /** The file is noticed, said to be so in one line, replaced, and found the next time. */
  private void assertRebuilt(String complaint) {
    cache.assertGives(CacheOutcome.BUILT, blobs());
    assertEquals(1, cache.log.size(), () -> cache.log.toString());
    String line = cache.log.getFirst();
    assertTrue(line.contains(complaint), line);
    assertTrue(line.contains("built " + cache.generation(2)) && line.lines().count() == 1, line);
    cache.assertGives(CacheOutcome.HIT, blobs());
    assertEquals(1, cache.log.size());
  }

  private void assertRebuiltAndRemoved(String complaint) {
    assertRebuilt(complaint);
    assertFalse(Files.exists(cache.generation(1)));
  }

  @Test
  void aFileThatIsCutAnywhereIsBuiltAnew() throws IOException {
    Random random = new Random(15);
    for (int i = 0; i < 50; i++) {
      int cut = i < 10 ? good.length - 1 - i : random.nextInt(good.length);
      put(Arrays.copyOf(good, cut));
      assertRebuiltAndRemoved("is damaged");
    }
  }

  @Test
  void aFileWithBytesTooManyIsBuiltAnew() throws IOException {
    put(Arrays.copyOf(good, good.length + 1));
    assertRebuiltAndRemoved("file: expected " + good.length + " bytes, found " + (good.length + 1));
  }

  @Test
  void aFlippedBitIsNoticedAtOnceInHeaderAndIndexAndByVerifyInData() throws IOException {
    Random random = new Random(16);
    int indexEnd = CacheFormat.HEADER_BYTES + ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getInt(32);
    int inFront = 0;
    int inData = 0;
    for (int i = 0; i < 200; i++) {
      int at = i % 2 == 0 ? random.nextInt(indexEnd) : random.nextInt(good.length);
      byte[] flipped = good.clone();
      flipped[at] ^= (byte) (1 << random.nextInt(8));
      put(flipped);
      if (at < indexEnd) {
        assertRebuiltAndRemoved("is damaged");
        inFront++;
      } else {
        try (PackedBlobs packed = cache.get(blobs())) {
          assertEquals(CacheOutcome.HIT, packed.report().outcome(), "no page of data is read at the start");
        }
        boolean found = !cache.inventory().verify().getFirst().damages().isEmpty();
        assertEquals(isBlob(at), found, "bit at " + at);
        inData += found ? 1 : 0;
      }
    }
    assertTrue(inFront >= 100 && inData >= 20, inFront + " and " + inData);
  }

  private boolean isBlob(int at) throws IOException {
    try (CacheFileReader reader = CacheFileReader.open(cache.generation(1), cache.surroundings.rules())) {
      return reader.index().entries().values().stream().anyMatch(e -> at >= e.offset() && at < e.end());
    }
  }

  @Test
  void anEmptyFileIsBuiltAnew() throws IOException {
    put(new byte[0]);
    assertRebuiltAndRemoved("header: needs 4096 bytes, found 0");
  }

  @Test
  void aFileOfSomethingElseIsBuiltAnew() throws IOException {
    put("not a cache".repeat(1000).getBytes());
    assertRebuiltAndRemoved("magic: not a weight cache");
  }

  @Test
  void aFolderInTheFilesPlaceIsLeftAloneAndTheNextNumberTaken() throws IOException {
    put(new byte[0]);
    Files.delete(cache.generation(1));
    Files.createDirectory(cache.generation(1));
    assertRebuilt("is not a plain file");
    assertTrue(Files.isDirectory(cache.generation(1)));
  }

  @Test
  void aLinkInTheFilesPlaceIsNotFollowed() throws IOException {
    put(good);
    Path elsewhere = Files.move(cache.generation(1), folder.resolve("elsewhere"));
    Files.createSymbolicLink(cache.generation(1), elsewhere);
    assertRebuilt("is not a plain file");
  }

  @Test
  void aNewerVersionIsLeftAlone() throws IOException {
    byte[] newer = good.clone();
    ByteBuffer page = ByteBuffer.wrap(newer, 0, CacheFormat.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    page.putInt(8, 2);
    page.putInt(CacheFormat.HEADER_BYTES - 4, CacheFormat.checksum(page.slice(0, CacheFormat.HEADER_BYTES - 4)));
    put(newer);
    assertRebuilt("is of format version 2, this program reads version 1");
    assertTrue(Arrays.equals(newer, Files.readAllBytes(cache.generation(1))));
    Files.move(cache.generation(1), cache.generation(3));
    cache.log.clear();
    cache.assertGives(CacheOutcome.HIT, blobs());
    assertEquals(List.of(), cache.log, "two versions side by side are not reported at each start");
  }

  @Test
  void aLargeNumberInTheFilesNameIsNoReasonToFail() throws IOException {
    Files.createFile(cache.generation(999_999_999));
    cache.assertGives(CacheOutcome.HIT, blobs());
    cache.assertGives(CacheOutcome.BUILT, TestBlob.some("b", 2));
    cache.assertGives(CacheOutcome.HIT, TestBlob.some("b", 2));
  }

  @Test
  void aFileThatIsCutWhileItIsMappedGivesOneErrorInJavaAndTheNextStartIsRight() throws IOException {
    // Over a page of the processor, so that whole pages are gone.
    List<TestBlob> large = List.of(TestBlob.of("a", 1 << 20));
    cache.assertGives(CacheOutcome.BUILT, large);
    try (PackedBlobs packed = cache.get(large)) {
      assertEquals(CacheOutcome.HIT, packed.report().outcome());
      Path file = packed.file().orElseThrow();
      MemorySegment blob = packed.blob(large.getFirst().key());
      assertTrue(packed.isWhole());
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(CacheFormat.HEADER_BYTES);
      }
      assertThrows(InternalError.class, () -> sum(blob));
      assertFalse(packed.isWhole());
      assertEquals(large.getFirst().bytes(), blob.byteSize());
    }
    cache.assertGives(CacheOutcome.BUILT, large);
    cache.assertGives(CacheOutcome.HIT, large);
  }

  private static int sum(MemorySegment blob) {
    int sum = 0;
    for (long i = 0; i < blob.byteSize(); i++) {
      sum += blob.get(JAVA_BYTE, i);
    }
    return sum;
  }

  @Test
  void whoRunsOnTheOldBlobsGoesOnWhileNewOnesTakeTheirPlace() {
    List<TestBlob> old = blobs();
    try (PackedBlobs packed = cache.get(old)) {
      List<TestBlob> changed = new ArrayList<>(TestBlob.some("changed", 2));
      changed.addAll(blobs());
      cache.assertGives(CacheOutcome.BUILT, changed);
      assertFalse(Files.exists(cache.generation(1)), "all of it is in the new file");
      TestBlob.assertAllRight(packed, old);
    }
    cache.assertGives(CacheOutcome.HIT, blobs());
  }

  @Test
  void aFileThatIsRemovedWhileItIsMappedServesOn() throws IOException {
    List<TestBlob> blobs = blobs();
    try (PackedBlobs packed = cache.get(blobs)) {
      assertTrue(cache.inventory().remove(TestCache.FAMILY).getFirst().objection().isEmpty());
      assertEquals(List.of("family.lock"), cache.names());
      TestBlob.assertAllRight(packed, blobs);
      assertTrue(packed.isWhole());
      cache.assertGives(CacheOutcome.BUILT, blobs());
      TestBlob.assertAllRight(packed, blobs);
    }
  }
}
