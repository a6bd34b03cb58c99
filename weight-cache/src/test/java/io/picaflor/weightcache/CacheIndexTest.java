package io.picaflor.weightcache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Header and index come back as they were written, and nothing that was not written so is taken for one. */
class CacheIndexTest {
  private static final int ALIGNMENT = 4096;

  /** One blob as a property draws it. */
  private record Drawn(byte[] key, String label, List<Integer> blocks, int gap) {}

  @Provide
  Arbitrary<List<Drawn>> blobs() {
    Arbitrary<byte[]> key = Arbitraries.bytes().array(byte[].class).ofMinSize(1).ofMaxSize(BlobKey.MAX_BYTES);
    Arbitrary<List<Integer>> blocks = Arbitraries.integers().between(1, BlobSource.MAX_PART_BYTES).list().ofMinSize(1)
        .ofMaxSize(20);
    return Combinators.combine(key, Arbitraries.strings().ofMaxLength(40), blocks, Arbitraries.integers().between(0, 9))
        .as(Drawn::new).list().ofMaxSize(30).uniqueElements(drawn -> BlobKey.of(drawn.key()));
  }

  private static List<IndexEntry> entries(List<Drawn> drawn, long dataOffset) {
    List<IndexEntry> entries = new ArrayList<>();
    long end = dataOffset;
    for (Drawn blob : drawn) {
      int[] bytes = blob.blocks().stream().mapToInt(i -> i).toArray();
      int[] checksums = blob.blocks().stream().mapToInt(i -> i * -1640531527).toArray();
      long offset = CacheFormat.alignUp(end, 64) + 64L * blob.gap();
      entries.add(new IndexEntry(BlobKey.of(blob.key()), blob.label(), offset, bytes, checksums));
      end = entries.getLast().end();
    }
    return entries;
  }

  /** The header of a file in which these bytes are the index. */
  private static CacheHeader header(byte[] index, List<IndexEntry> entries) {
    long dataOffset = CacheFormat.alignUp(CacheFormat.HEADER_BYTES + (long) index.length, ALIGNMENT);
    long end = entries.isEmpty() ? dataOffset : entries.getLast().end();
    return new CacheHeader(3, ALIGNMENT, CacheFormat.alignUp(end, ALIGNMENT), index.length,
        CacheFormat.checksum(ByteBuffer.wrap(index)), dataOffset);
  }

  private static byte[] encode(String title, List<Drawn> drawn) {
    int bytes = CacheIndex.of(title, entries(drawn, 0)).encode().length;
    return CacheIndex.of(title, entries(drawn, CacheFormat.alignUp(CacheFormat.HEADER_BYTES + (long) bytes, ALIGNMENT)))
        .encode();
  }

  @Property(tries = 300)
  void whatIsWrittenIsRead(@ForAll("blobs") List<Drawn> drawn, @ForAll String title) throws IOException {
    byte[] bytes = encode(title, drawn);
    List<IndexEntry> written =
        entries(drawn, CacheFormat.alignUp(CacheFormat.HEADER_BYTES + (long) bytes.length, ALIGNMENT));
    CacheHeader header = header(bytes, written);
    assertEquals(header, CacheHeader.decode(header.encode(), header.fileBytes()));
    CacheIndex read = CacheIndex.decode(ByteBuffer.wrap(bytes), header);
    assertEquals(cutAndMended(title), read.title());
    assertEquals(written.stream().map(IndexEntry::key).toList(), List.copyOf(read.entries().keySet()));
    for (IndexEntry entry : written) {
      IndexEntry found = read.entries().get(entry.key());
      assertEquals(cutAndMended(entry.label()), found.label());
      assertEquals(entry.offset(), found.offset());
      assertArrayEquals(entry.blockBytes(), found.blockBytes());
      assertArrayEquals(entry.blockChecksums(), found.blockChecksums());
    }
  }

  /** Half of a pair of characters becomes a question mark in UTF-8, and long texts are cut. */
  private static String cutAndMended(String text) {
    int[] points = text.codePoints().limit(1024).toArray();
    return new String(new String(points, 0, points.length).getBytes(java.nio.charset.StandardCharsets.UTF_8),
        java.nio.charset.StandardCharsets.UTF_8);
  }

  @Property(tries = 2000)
  void bytesThatSomebodyMadeUpAreReadWithinBoundsOrRefused(@ForAll("blobs") List<Drawn> drawn, @ForAll int place,
      @ForAll int value) throws IOException {
    byte[] bytes = encode("title", drawn);
    List<IndexEntry> written =
        entries(drawn, CacheFormat.alignUp(CacheFormat.HEADER_BYTES + (long) bytes.length, ALIGNMENT));
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(Math.floorMod(place, bytes.length - 3), value);
    CacheHeader header = header(bytes, written); // with a checksum that is right: no accident, but somebody's intent
    try {
      for (IndexEntry entry : CacheIndex.decode(ByteBuffer.wrap(bytes), header).entries().values()) {
        assertTrue(entry.offset() >= header.dataOffset() && entry.bytes() > 0 && entry.end() <= header.fileBytes());
      }
    } catch (BrokenCacheException e) {
      assertTrue(e.getMessage().length() < 300, e.getMessage());
    }
  }

  @Test
  void anIndexThatIsCutAtAnyByteIsRefused() {
    List<Drawn> drawn = List.of(new Drawn(new byte[] {1, 2}, "a", List.of(10, 20), 0), new Drawn(new byte[] {3}, "b",
        List.of(30), 1));
    byte[] bytes = encode("title", drawn);
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = java.util.Arrays.copyOf(bytes, length);
      CacheHeader header = header(cut, entries(drawn, 4096));
      assertThrows(BrokenCacheException.class, () -> CacheIndex.decode(ByteBuffer.wrap(cut), header), "at " + length);
    }
  }

  private static String refusal(IndexEntry... entries) {
    byte[] bytes = encodeAll(entries);
    CacheHeader header = new CacheHeader(1, ALIGNMENT, 3 * ALIGNMENT, bytes.length,
        CacheFormat.checksum(ByteBuffer.wrap(bytes)), 2 * ALIGNMENT);
    return assertThrows(BrokenCacheException.class, () -> CacheIndex.decode(ByteBuffer.wrap(bytes), header))
        .getMessage();
  }

  private static byte[] encodeAll(IndexEntry... entries) {
    Map<BlobKey, IndexEntry> all = new LinkedHashMap<>();
    ByteAppender twice = new ByteAppender().text("").int32(entries.length);
    for (IndexEntry entry : entries) {
      if (all.put(entry.key(), entry) != null) {
        byte[] one = CacheIndex.of("", List.of(entry)).encode();
        byte[] both = twice.toByteArray();
        int prefix = both.length;
        byte[] out = java.util.Arrays.copyOf(both, prefix + 2 * (one.length - prefix));
        System.arraycopy(one, prefix, out, prefix, one.length - prefix);
        System.arraycopy(one, prefix, out, one.length, one.length - prefix);
        return out;
      }
    }
    return new CacheIndex("", all).encode();
  }

  private static IndexEntry entry(int key, long offset, int... blocks) {
    return new IndexEntry(BlobKey.of(new byte[] {(byte) key}), "b" + key, offset, blocks, new int[blocks.length]);
  }

  @Test
  void eachBrokenPromiseHasItsWords() {
    assertEquals("blob 'b1': 1 bytes at 8193 do not lie in the data", refusal(entry(1, 8193, 1)));
    assertEquals("blob 'b1': 1 bytes at 4096 do not lie in the data", refusal(entry(1, 4096, 1)));
    assertEquals("blob 'b1': 4097 bytes at 8192 do not lie in the data", refusal(entry(1, 8192, 4096, 1)));
    assertEquals("blob 'b1': 1 bytes at 9223372036854775744 do not lie in the data",
        refusal(entry(1, Long.MAX_VALUE - 63, 1)));
    assertEquals("blob 'b1': 1 bytes at -64 do not lie in the data", refusal(entry(1, -64, 1)));
    assertEquals("entries: 1 do not fit the 23 bytes that are left", refusal(entry(1, 8192)));
    assertEquals("blob 'b1': 0 bytes at 8192 do not lie in the data", refusal(entry(1, 8192), entry(2, 8192, 1, 1)));
    assertEquals("block size: 0 of 'b1'", refusal(entry(1, 8192, 0)));
    assertEquals("block size: 4294967295 of 'b1'", refusal(entry(1, 8192, -1)));
    assertEquals("block size: 8388609 of 'b1'", refusal(entry(1, 8192, 8388609)));
    assertEquals("blobs 'b2' and 'b1' overlap", refusal(entry(1, 8256, 1), entry(2, 8192, 65)));
    assertEquals("index: a key occurs twice", refusal(entry(1, 8192, 1), entry(1, 8192, 1)));
  }

  private static String headerRefusal(CacheHeader header, long realBytes) {
    return assertThrows(BrokenCacheException.class, () -> CacheHeader.decode(header.encode(), realBytes)).getMessage();
  }

  @Test
  void aHeaderThatDoesNotFitItsFileIsRefused() {
    assertEquals("file: expected 8192 bytes, found 8191",
        headerRefusal(new CacheHeader(1, 4096, 8192, 10, 0, 8192), 8191));
    assertEquals("section alignment: 4097 is none", headerRefusal(new CacheHeader(1, 4097, 8192, 10, 0, 8192), 8192));
    assertEquals("section alignment: 0 is none", headerRefusal(new CacheHeader(1, 0, 8192, 10, 0, 8192), 8192));
    assertEquals("index: 4294967295 bytes do not fit the file",
        headerRefusal(new CacheHeader(1, 4096, 8192, -1, 0, 8192), 8192));
    assertEquals("index: 4097 bytes do not fit the file",
        headerRefusal(new CacheHeader(1, 4096, 8192, 4097, 0, 8192), 8192));
    assertEquals("generation: expected 1 or more, found 0",
        headerRefusal(new CacheHeader(0, 4096, 8192, 10, 0, 8192), 8192));
    assertEquals("data offset: 4096 does not follow the index",
        headerRefusal(new CacheHeader(1, 4096, 8192, 10, 0, 4096), 8192));
    assertEquals("data offset: 8192 does not follow the index",
        headerRefusal(new CacheHeader(1, 4096, 8000, 10, 0, 8192), 8000));
  }
}
