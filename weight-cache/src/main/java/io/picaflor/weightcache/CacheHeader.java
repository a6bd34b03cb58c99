package io.picaflor.weightcache;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The first page of a cache file: where its sections lie.
 *
 * @param generation which build of its family this is, 1 and up
 * @param sectionAlignment what sections begin at a multiple of, in bytes
 * @param fileBytes size of the whole file
 * @param indexBytes size of the index, which follows the header
 * @param indexChecksum CRC32C of the index
 * @param dataOffset where the blobs begin; they end with the file
 */
record CacheHeader(long generation, int sectionAlignment, long fileBytes, int indexBytes, int indexChecksum,
    long dataOffset) {
  private static final int CHECKSUM_AT = CacheFormat.HEADER_BYTES - Integer.BYTES;

  /** The page, ready to be written at the file's start. */
  ByteBuffer encode() {
    ByteBuffer page = ByteBuffer.allocate(CacheFormat.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    page.putLong(CacheFormat.MAGIC).putInt(CacheFormat.VERSION).putInt(sectionAlignment).putLong(generation)
        .putLong(fileBytes).putInt(indexBytes).putInt(indexChecksum).putLong(dataOffset);
    page.putInt(CHECKSUM_AT, CacheFormat.checksum(page.slice(0, CHECKSUM_AT)));
    return page.rewind();
  }

  /**
   * Reads a page and checks it against the file's real size.
   *
   * @throws BrokenCacheException if anything is off
   * @throws OtherVersionException if the page is sound and of another version
   */
  static CacheHeader decode(ByteBuffer page, long realFileBytes) throws BrokenCacheException, OtherVersionException {
    ByteCursor cursor = new ByteCursor(page);
    if (cursor.remaining() < CacheFormat.HEADER_BYTES) {
      throw new BrokenCacheException(
          "header: needs " + CacheFormat.HEADER_BYTES + " bytes, found " + cursor.remaining());
    }
    if (cursor.int64("magic") != CacheFormat.MAGIC) {
      throw new BrokenCacheException("magic: not a weight cache");
    }
    int checksum = page.duplicate().order(ByteOrder.LITTLE_ENDIAN).getInt(page.position() + CHECKSUM_AT);
    if (CacheFormat.checksum(page.slice(page.position(), CHECKSUM_AT)) != checksum) {
      throw new BrokenCacheException("header: checksum does not match");
    }
    int version = cursor.int32("version");
    if (version != CacheFormat.VERSION) {
      throw new OtherVersionException(version);
    }
    int alignment = cursor.int32("section alignment");
    CacheHeader header = new CacheHeader(cursor.int64("generation"), alignment, cursor.int64("file size"),
        cursor.int32("index size"), cursor.int32("index checksum"), cursor.int64("data offset"));
    header.check(realFileBytes);
    return header;
  }

  private void check(long realFileBytes) throws BrokenCacheException {
    if (fileBytes != realFileBytes) {
      throw new BrokenCacheException("file: expected " + fileBytes + " bytes, found " + realFileBytes);
    }
    if (!CacheFormat.isPowerOfTwo(sectionAlignment, 4096, 1 << 20)) {
      throw new BrokenCacheException("section alignment: " + sectionAlignment + " is none");
    }
    if (indexBytes < 0 || indexBytes > CacheFormat.MAX_INDEX_BYTES
        || indexBytes > fileBytes - CacheFormat.HEADER_BYTES) {
      throw new BrokenCacheException("index: " + Integer.toUnsignedString(indexBytes) + " bytes do not fit the file");
    }
    if (generation < 1) {
      throw new BrokenCacheException("generation: expected 1 or more, found " + generation);
    }
    if (dataOffset != CacheFormat.alignUp(CacheFormat.HEADER_BYTES + (long) indexBytes, sectionAlignment)
        || dataOffset > fileBytes) {
      throw new BrokenCacheException("data offset: " + dataOffset + " does not follow the index");
    }
  }
}
