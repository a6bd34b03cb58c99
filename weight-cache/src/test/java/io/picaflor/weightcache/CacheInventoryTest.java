package io.picaflor.weightcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What lies in the cache can be listed, verified and removed, and is removed when it is of no use; nothing else is. */
class CacheInventoryTest {
  @TempDir
  Path folder;
  private TestCache cache;

  @BeforeEach
  void newCache() {
    cache = new TestCache(folder);
  }

  private void build(String family, String prefix) {
    cache.get(request(family), TestBlob.some(prefix, 3)).close();
  }

  private CacheRequest request(String family) {
    return new CacheRequest(family, CachePlace.at(folder)).title("for " + family).finishInBackground(false);
  }

  private void lastUsed(String name, Duration ago) throws IOException {
    FileTime time = FileTime.from(Instant.now().minus(ago));
    Files.setLastModifiedTime(folder.resolve(name), time);
    Files.setAttribute(folder.resolve(name), "lastAccessTime", time);
  }

  @Test
  void listsWhatIsThereWithItsSizeAndOwner() throws IOException {
    build("one", "a");
    build("two", "b");
    build("two", "c");
    Files.write(folder.resolve("two-g9.weights"), new byte[7]);
    List<CacheInventory.CacheFile> files = cache.inventory().list();
    assertEquals(List.of("one 1", "two 1", "two 2", "two 9"),
        files.stream().map(f -> f.family() + " " + f.generation()).sorted().toList());
    CacheInventory.CacheFile broken = files.getFirst();
    assertEquals(7, broken.bytes());
    assertEquals("header: needs 4096 bytes, found 7", broken.objection().orElseThrow());
    CacheInventory.CacheFile one = files.stream().filter(f -> f.family().equals("one")).findFirst().orElseThrow();
    assertEquals(new CacheInventory.CacheFile(folder.resolve("one-g1.weights"), "one", 1, "for one",
        Files.size(folder.resolve("one-g1.weights")), 3, one.lastUsed(), java.util.Optional.empty()), one);
    assertFalse(one.lastUsed().isAfter(Instant.now()));
    assertEquals(List.of(folder), cache.inventory().folders());
  }

  @Test
  void verifiesEveryBlobAndNamesTheDamaged() throws IOException {
    build("one", "a");
    Path file = folder.resolve("one-g1.weights");
    long bytes = TestBlob.some("a", 3).stream().mapToLong(TestBlob::bytes).sum();
    assertEquals(List.of(new CacheInventory.Verification(file, 3, bytes, List.of())), cache.inventory().verify());
    long at;
    try (CacheFileReader reader = CacheFileReader.open(file, cache.surroundings.rules())) {
      IndexEntry entry = reader.index().entries().get(TestBlob.some("a", 3).get(1).key());
      at = entry.offset() + entry.blockBytes()[0];
    }
    byte[] flipped = Files.readAllBytes(file);
    flipped[(int) at] ^= 4;
    Files.write(file, flipped);
    assertEquals(List.of("blob 'blob a1': checksum of 4096 bytes at " + at + " does not match"),
        cache.inventory().verify().getFirst().damages());
    try (PackedBlobs packed = cache.get(request("one"), TestBlob.some("a", 3))) {
      assertEquals(List.of(true, false, true),
          TestBlob.some("a", 3).stream().map(blob -> packed.check(blob.key())).toList());
    }
  }

  @Test
  void removesAFamilyAndNothingElse() throws IOException {
    build("one", "a");
    build("two", "b");
    build("two", "c");
    Files.createFile(folder.resolve("two.1-ff.building"));
    Files.createFile(folder.resolve("two-g1.weights.txt"));
    List<CacheInventory.Removal> removals = cache.inventory().remove("two");
    assertEquals(List.of(folder.resolve("two-g2.weights"), folder.resolve("two-g1.weights")),
        removals.stream().map(CacheInventory.Removal::file).toList());
    assertTrue(removals.stream().allMatch(removal -> removal.objection().isEmpty() && removal.bytes() > 4096));
    assertEquals(List.of("one-g1.weights", "one.lock", "two-g1.weights.txt", "two.lock"), cache.names());
    assertEquals(List.of(), cache.inventory().remove("two"));
    assertEquals(List.of(), cache.inventory().remove("unknown"));
    assertFalse(cache.names().contains("unknown.lock"));
  }

  @Test
  void recordsTellWhichModelsAFileServesAndGoAllAtOnce() throws IOException {
    build("one", "a");
    build("two", "b");
    Path model = Files.createFile(folder.resolve("model"));
    FileIdentity identity = FileIdentity.of(model);
    var later = java.time.Clock.offset(java.time.Clock.systemUTC(), Duration.ofHours(1));
    var records = new SourceRecords(CachePlace.at(folder), cache.surroundings, later);
    assertTrue(records.record(model, identity, java.util.Map.of("all", TestBlob.some("a", 3).get(1).key())));
    assertEquals(java.util.Map.of(folder.resolve("one-g1.weights"), List.of(model.toString())),
        cache.inventory().models());
    Files.createFile(folder.resolve("three.1-ff.building"));
    assertEquals(java.util.Set.of("one", "two", "three"), cache.inventory().families());
    assertEquals(1, cache.inventory().removeRecords().size());
    assertEquals(java.util.Map.of(), cache.inventory().models());
    assertTrue(cache.names().containsAll(List.of("model", "one-g1.weights", "two-g1.weights")));
  }

  @Test
  void whatIsBeingBuiltIsNotRemoved() throws IOException {
    build("one", "a");
    try (BuildLock _ = BuildLock.acquire(folder.resolve("one.lock"), cache.surroundings.permissions(), Duration.ZERO)
        .orElseThrow()) {
      var inventory = new CacheInventory(CachePlace.at(folder), cache.surroundings, Duration.ofMillis(1));
      assertEquals("a process is building it", inventory.remove("one").getFirst().objection().orElseThrow());
    }
    assertTrue(cache.names().contains("one-g1.weights"));
  }

  @Test
  void whatCannotBeLockedIsNotRemovedAndSaysWhy() throws IOException {
    build("one", "a");
    Files.delete(folder.resolve("one.lock"));
    Files.createDirectory(folder.resolve("one.lock"));
    String objection = cache.inventory().remove("one").getFirst().objection().orElseThrow();
    assertTrue(objection.contains(folder.resolve("one.lock").toString()), objection);
    assertTrue(cache.names().contains("one-g1.weights"));
  }

  @Test
  void aFolderThatIsNotThereIsEmpty() throws IOException {
    var inventory =
        new CacheInventory(CachePlace.at(folder.resolve("not").resolve("there")), cache.surroundings, Duration.ZERO);
    assertEquals(List.of(), inventory.list());
    assertEquals(List.of(), inventory.verify());
    assertEquals(List.of(), inventory.remove("one"));
    assertEquals(List.of(), cache.names());
  }

  @Test
  void theLeastRecentlyUsedGoesWhenTheCapIsReached() throws IOException {
    build("one", "a");
    build("two", "b");
    build("three", "c");
    lastUsed("one-g1.weights", Duration.ofHours(2));
    lastUsed("two-g1.weights", Duration.ofHours(3));
    lastUsed("three-g1.weights", Duration.ofHours(1));
    Files.write(folder.resolve("somebody-elses.file"), new byte[100_000]);
    long each = Files.size(folder.resolve("one-g1.weights"));
    cache.get(request("four").capBytes(3 * each), TestBlob.some("d", 3)).close();
    assertEquals(List.of("four-g1.weights", "one-g1.weights", "somebody-elses.file", "three-g1.weights"),
        cache.names().stream().filter(name -> !name.endsWith(".lock")).toList());
    cache.get(request("five").capBytes(each), TestBlob.some("e", 3)).close();
    assertEquals(List.of("five-g1.weights", "somebody-elses.file"),
        cache.names().stream().filter(name -> !name.endsWith(".lock")).toList());
  }

  @Test
  void anOlderBuildOfTheFamilyStaysAsLongAsItIsUsed() throws IOException {
    build("one", "a");
    build("one", "b");
    lastUsed("one-g1.weights", Duration.ofDays(8));
    lastUsed("one-g2.weights", Duration.ofDays(6));
    build("one", "c");
    assertEquals(List.of("one-g2.weights", "one-g3.weights", "one.lock"), cache.names());
  }

  @Test
  void whatKilledBuildersOfOtherFamiliesLeftGoesUnlessTheyLive() throws IOException {
    Files.write(folder.resolve("dead.123-ab.building"), new byte[10]);
    Files.write(folder.resolve("alive.124-cd.building"), new byte[10]);
    Files.write(folder.resolve("one.125-ef.building"), new byte[10]);
    try (BuildLock _ = BuildLock.acquire(folder.resolve("alive.lock"), cache.surroundings.permissions(), Duration.ZERO)
        .orElseThrow()) {
      build("one", "a");
    }
    assertEquals(List.of("alive.124-cd.building", "alive.lock", "dead.lock", "one-g1.weights", "one.lock"),
        cache.names());
  }
}
