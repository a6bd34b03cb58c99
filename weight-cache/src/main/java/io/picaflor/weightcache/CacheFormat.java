package io.picaflor.weightcache;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** Constants and sums of the cache's file format (docs/weight-cache-format.md). */
final class CacheFormat {
  /** The first eight bytes, as a little-endian number: {@code 89 50 57 43 0D 0A 1A 0A}, after PNG's: text modes break it. */
  static final long MAGIC = 0x0A1A0A0D43575089L;

  static final int VERSION = 1;

  /** The header's size in every version; its last four bytes are its checksum in every version. */
  static final int HEADER_BYTES = 4096;

  static final int BLOB_ALIGNMENT = 64;
  static final int MAX_BLOB_ALIGNMENT = 4096;

  /** Nothing that is honest comes near: an entry takes about 100 bytes, and a block 8. */
  static final int MAX_INDEX_BYTES = 64 << 20;

  static final int MAX_TEXT_BYTES = 4096;

  private CacheFormat() {}

  /** Sections begin at borders of pages; those of AArch64 systems may have 16384 bytes. */
  static int sectionAlignment() {
    return System.getProperty("os.arch", "").equals("aarch64") ? 16384 : 4096;
  }

  /** The next multiple of a power of two; throws on overflow. */
  static long alignUp(long offset, int alignment) {
    return Math.addExact(offset, alignment - 1L) & -alignment;
  }

  static boolean isPowerOfTwo(int value, int from, int to) {
    return value >= from && value <= to && Integer.bitCount(value) == 1;
  }

  /** CRC32C of what is left of the buffer; the buffer's position stays. */
  static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate());
    return (int) crc.getValue();
  }
}
