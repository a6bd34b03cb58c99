package io.picaflor.weightcache;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The table of a cache file's blobs.
 *
 * @param title what the file belongs to, for people
 * @param entries its blobs by key, in the order in which they lie in the file
 */
record CacheIndex(String title, Map<BlobKey, IndexEntry> entries) {
  /** Key, label, offset, block count, and one block. */
  private static final int SMALLEST_ENTRY_BYTES = 4 + 1 + 4 + 8 + 4 + 8;

  private static final int BLOCK_BYTES = 8;

  /** A class and no lambda: the first lambda of a process takes milliseconds, and a hit needs no other. */
  private static final Comparator<IndexEntry> BY_OFFSET = new Comparator<>() {
    @Override
    public int compare(IndexEntry a, IndexEntry b) {
      return Long.compare(a.offset(), b.offset());
    }
  };

  static CacheIndex of(String title, List<IndexEntry> entries) {
    Map<BlobKey, IndexEntry> byKey = new LinkedHashMap<>();
    for (IndexEntry entry : entries) {
      byKey.put(entry.key(), entry);
    }
    return new CacheIndex(title, byKey);
  }

  byte[] encode() {
    ByteAppender out = new ByteAppender().text(title).int32(entries.size());
    for (IndexEntry entry : entries.values()) {
      out.bytes(entry.key().bytes()).text(entry.label()).int64(entry.offset()).int32(entry.blockBytes().length);
      out.int32s(entry.blockBytes()).int32s(entry.blockChecksums());
    }
    return out.toByteArray();
  }

  /**
   * Reads the index and checks every offset against the file.
   *
   * @throws BrokenCacheException if anything is off
   */
  static CacheIndex decode(ByteBuffer bytes, CacheHeader header) throws BrokenCacheException {
    if (CacheFormat.checksum(bytes) != header.indexChecksum()) {
      throw new BrokenCacheException("index: checksum does not match");
    }
    ByteCursor cursor = new ByteCursor(bytes);
    String title = cursor.text("title");
    int count = cursor.count(SMALLEST_ENTRY_BYTES, "entries");
    List<IndexEntry> entries = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      entries.add(entry(cursor, header));
    }
    if (cursor.remaining() != 0) {
      throw new BrokenCacheException("index: " + cursor.remaining() + " bytes too many");
    }
    CacheIndex index = of(title, entries);
    if (index.entries.size() != count) {
      throw new BrokenCacheException("index: a key occurs twice");
    }
    refuseOverlaps(entries);
    return index;
  }

  private static IndexEntry entry(ByteCursor cursor, CacheHeader header) throws BrokenCacheException {
    byte[] key = cursor.bytes(BlobKey.MAX_BYTES, "key");
    if (key.length == 0) {
      throw new BrokenCacheException("key: has no bytes");
    }
    String label = cursor.text("label");
    long offset = cursor.int64("offset");
    int blocks = cursor.count(BLOCK_BYTES, "blocks");
    int[] bytes = cursor.int32s(blocks, "block sizes");
    int[] checksums = cursor.int32s(blocks, "block checksums");
    for (int size : bytes) {
      if (size < 1 || size > BlobSource.MAX_PART_BYTES) {
        throw new BrokenCacheException("block size: " + Integer.toUnsignedString(size) + " of '" + label + "'");
      }
    }
    IndexEntry entry = new IndexEntry(BlobKey.of(key), label, offset, bytes, checksums);
    if (blocks == 0 || offset % CacheFormat.BLOB_ALIGNMENT != 0 || offset < header.dataOffset()
        || offset > header.fileBytes() - entry.bytes()) { // no overflow: both are sizes that fit
      throw new BrokenCacheException("blob '" + label + "': " + entry.bytes() + " bytes at " + offset
          + " do not lie in the data");
    }
    return entry;
  }

  private static void refuseOverlaps(List<IndexEntry> entries) throws BrokenCacheException {
    List<IndexEntry> byOffset = new ArrayList<>(entries);
    byOffset.sort(BY_OFFSET);
    for (int i = 1; i < byOffset.size(); i++) {
      if (byOffset.get(i).offset() < byOffset.get(i - 1).end()) {
        throw new BrokenCacheException("blobs '" + byOffset.get(i - 1).label() + "' and '" + byOffset.get(i).label()
            + "' overlap");
      }
    }
  }
}
