package io.picaflor.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.ModelFormatException;
import io.picaflor.testfiles.LiteRtLmWriter;
import io.picaflor.tokenizer.PreparedTokenizer;
import io.picaflor.tokenizer.Tokenizer;
import io.picaflor.weightcache.BlobKey;
import io.picaflor.weightcache.BlobSource;
import io.picaflor.weightcache.CachePlace;
import io.picaflor.weightcache.CacheRequest;
import io.picaflor.weightcache.WeightCache;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tokenizer from the cache is the file's own, whatever happened to the cache. */
class CachedTokenizerTest {
  private static final byte[] TOKENIZER = json("\"a\":0,\"b\":1,\"ab\":2");
  private static final byte[] OTHER = json("\"b\":0,\"a\":1,\"ab\":2");

  @TempDir
  private Path folder;
  private Path cache;

  private static byte[] json(String vocabulary) {
    return ("{\"model\":{\"type\":\"BPE\",\"vocab\":{" + vocabulary + "},\"merges\":[\"a b\"]}}")
        .getBytes(StandardCharsets.UTF_8);
  }

  @BeforeEach
  void makeFolder() throws IOException {
    cache = Files.createDirectory(folder.resolve("cache"));
  }

  private Path model(String name, byte[] tokenizer) throws IOException {
    byte[] content = LiteRtLmWriter.file()
        .section(LiteRtLmWriter.ZLIB, Samples.zlibSection(tokenizer, tokenizer.length)).done();
    return Files.write(folder.resolve(name), content);
  }

  private static Tokenizer read(Path model, CachePlace place) throws IOException {
    try (ModelFile file = ModelFile.open(model)) {
      return CachedTokenizer.read(file, place, ContentRecord.of(file, place)).orElseThrow();
    }
  }

  /** Reads twice: the first call may leave a file that is still being finished, for which the second one waits. */
  private Tokenizer readBuilt(Path model, CachePlace place) throws IOException {
    read(model, place);
    return read(model, place);
  }

  private Map<String, byte[]> weights() throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    try (var listing = Files.list(cache)) {
      for (Path file : listing.filter(f -> f.toString().endsWith(".weights")).toList()) {
        files.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    return files;
  }

  @Test
  void oneFileServesAllCopiesOfATokenizerAndOutlivesTheModel() throws IOException {
    Tokenizer first = readBuilt(model("first.litertlm", TOKENIZER), CachePlace.at(cache));
    assertArrayEquals(new int[] {2, 0}, first.encode("aba"));
    Map<String, byte[]> files = weights();
    assertEquals(1, files.size(), () -> files.keySet().toString());
    byte[] elsewhere =
        LiteRtLmWriter.file().section(LiteRtLmWriter.ZLIB, Samples.zlibSection(TOKENIZER, TOKENIZER.length))
            .section(LiteRtLmWriter.METADATA, new byte[0]).done();
    Tokenizer second = read(Files.write(folder.resolve("second.litertlm"), elsewhere), CachePlace.at(cache));
    assertArrayEquals(new int[] {2, 0}, second.encode("aba"));
    assertEquals(files.keySet(), weights().keySet());
    assertEquals("ab a", first.decode(2, 0));
  }

  @Test
  void whatTheCacheHasIsUsed() throws IOException {
    BlobKey key = CachedTokenizer.hash(MemorySegment.ofArray(TOKENIZER));
    MemorySegment form = PreparedTokenizer.prepare(MemorySegment.ofArray(OTHER));
    WeightCache.open(new CacheRequest(CacheEntry.family(CachedTokenizer.KIND, key), CachePlace.at(cache)),
        List.of(BlobSource.whole(key, "another", () -> form))).close();
    assertArrayEquals(new int[] {2, 1}, read(model("m.litertlm", TOKENIZER), CachePlace.at(cache)).encode("aba"));
  }

  @Test
  void anotherTokenizerInItsPlaceMeetsNoOldForm() throws IOException {
    readBuilt(model("m.litertlm", TOKENIZER), CachePlace.at(cache));
    assertArrayEquals(new int[] {2, 1}, read(model("m.litertlm", OTHER), CachePlace.at(cache)).encode("aba"));
  }

  @Test
  void aDamagedFormIsBuiltAnew() throws IOException {
    Path model = model("m.litertlm", TOKENIZER);
    readBuilt(model, CachePlace.at(cache));
    byte[] sound = weights().values().iterator().next();
    Random random = new Random(9);
    for (int i = 0; i < 20; i++) {
      Path file = cache.resolve(weights().keySet().iterator().next());
      byte[] damaged = Files.readAllBytes(file);
      damaged[4096 + random.nextInt(damaged.length - 4096)] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, damaged);
      assertArrayEquals(new int[] {2, 0}, readBuilt(model, CachePlace.at(cache)).encode("aba"));
    }
    byte[] last = weights().values().iterator().next();
    assertEquals(sound.length, last.length);
  }

  @Test
  void aNamedPathKeepsTheFormBesideTheWeights() throws IOException {
    readBuilt(model("m.litertlm", TOKENIZER), CachePlace.at(cache.resolve("named")));
    assertEquals(List.of("named-tokenizer-g1.weights"), List.copyOf(weights().keySet()));
  }

  @Test
  void withoutAPlaceToWriteItIsParsed() throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    Tokenizer tokenizer = read(model("m.litertlm", TOKENIZER), CachePlace.at(file.resolve("below").resolve("it")));
    assertArrayEquals(new int[] {2, 0}, tokenizer.encode("aba"));
  }

  @Test
  void aBrokenTokenizerIsRefusedAsWithoutACache() throws IOException {
    Path model = model("m.litertlm", "{\"model\":{}}".getBytes(StandardCharsets.UTF_8));
    String without = assertThrows(ModelFormatException.class, () -> read(model, CachePlace.none())).getMessage();
    String with = assertThrows(ModelFormatException.class, () -> read(model, CachePlace.at(cache))).getMessage();
    assertEquals(without, with);
    assertTrue(with.contains("tokenizer"), with);
    assertEquals(Map.of(), weights());
  }
}
