package io.picaflor.weightcache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a cache lies: what was named, the user's folder, beside the model, memory. */
class PlacesTest {
  @TempDir
  Path folder;

  private List<String> automatic(String system, String home, Map<String, String> variables) {
    Surroundings surroundings = new TestCache(folder).home(system, home, variables).surroundings;
    return new Places(surroundings).candidates(CachePlace.automatic(Path.of("/models/m.litertlm")), "f").stream()
        .map(candidate -> candidate.folder().path().toString()).toList();
  }

  @Test
  void eachSystemHasItsFolderForCaches() {
    String beside = "/models/.picaflor-cache";
    assertEquals(List.of("/home/u/.cache/picaflor/weights", beside), automatic("Linux", "/home/u", Map.of()));
    assertEquals(List.of("/x/picaflor/weights", beside),
        automatic("Linux", "/home/u", Map.of("XDG_CACHE_HOME", "/x")));
    assertEquals(List.of("/home/u/.cache/picaflor/weights", beside),
        automatic("Linux", "/home/u", Map.of("XDG_CACHE_HOME", "not/absolute")));
    assertEquals(List.of("/Users/u/Library/Caches/picaflor/weights", beside),
        automatic("Mac OS X", "/Users/u", Map.of("XDG_CACHE_HOME", "/x")));
    assertEquals(List.of("/local/picaflor/weights", beside),
        automatic("Windows 11", "/home/u", Map.of("LOCALAPPDATA", "/local")));
    assertEquals(List.of(beside), automatic("Linux", "?", Map.of()));
    assertEquals(List.of(beside), automatic("Windows 11", "/home/u", Map.of()));
  }

  private String named(Path path) {
    Places.Candidate candidate =
        new Places(new TestCache(folder).surroundings).candidates(CachePlace.at(path), "family")
            .getFirst();
    assertTrue(candidate.named());
    return folder.relativize(candidate.folder().generationPath(candidate.family(), 1)).toString();
  }

  @Test
  void aPathIsAFolderOrTheBeginningOfANameAndIsTheOnlyPlace() {
    assertEquals("family-g1.weights", named(folder));
    assertEquals("F-g1.weights", named(folder.resolve("F")));
    assertEquals("F-g1.weights", named(folder.resolve("F.weights")));
    assertEquals("not/there/F-g1.weights", named(folder.resolve("not/there/F")));
    assertEquals("my_model__-g1.weights", named(folder.resolve("my model \u00e9")));
    assertEquals("w.hidden-g1.weights", named(folder.resolve(".hidden")));
  }

  @Test
  void theUsersFolderComesFirstAndBesideTheModelComesNext() throws IOException {
    Path home = folder.resolve("home");
    Path model = Files.createDirectories(folder.resolve("models")).resolve("m.litertlm");
    TestCache cache = new TestCache(folder).home("Linux", home.toString(), Map.of());
    CacheRequest request = new CacheRequest("family", CachePlace.automatic(model)).finishInBackground(false);
    try (PackedBlobs packed = cache.get(request, TestBlob.some("a", 1))) {
      assertEquals(home.resolve(".cache/picaflor/weights/family-g1.weights"), packed.file().orElseThrow());
    }
    Files.createFile(folder.resolve("file"));
    cache.home("Linux", folder.resolve("file").toString(), Map.of());
    for (CacheOutcome expected : List.of(CacheOutcome.BUILT, CacheOutcome.HIT)) {
      try (PackedBlobs packed = cache.get(request, TestBlob.some("a", 1))) {
        assertEquals(expected, packed.report().outcome());
        assertEquals(folder.resolve("models/.picaflor-cache/family-g1.weights"), packed.file().orElseThrow());
      }
    }
    assertEquals(1, cache.log.size());
    assertTrue(cache.log.getFirst().startsWith("weight cache: " + folder.resolve("file")), cache.log.toString());
  }

  @Test
  void withoutAnyPlaceTheReasonIsGiven() {
    TestCache cache = new TestCache(folder).home("Linux", "?", Map.of());
    try (PackedBlobs packed = cache.get(new CacheRequest("family", CachePlace.automatic()), TestBlob.some("a", 1))) {
      assertEquals("in memory, because the user has no folder for caches", packed.report().reason());
    }
  }

  @Test
  void networkFileSystemsAreKnownByName() {
    for (String type : List.of("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "ceph", "lustre")) {
      assertTrue(Places.isNetwork(type), type);
    }
    for (String type : List.of("ext4", "xfs", "btrfs", "overlay", "tmpfs", "apfs", "NTFS", "fuseblk")) {
      assertFalse(Places.isNetwork(type), type);
    }
  }
}
