package io.picaflor.weightcache;

/** Where one blob lies, and the checksums of its data. Its arrays are not to be changed. */
final class IndexEntry {
  private final BlobKey key;
  private final String label;
  private final long offset;
  private final int[] blockBytes;
  private final int[] blockChecksums;
  private final long bytes;

  /**
   * An entry.
   *
   * @param key the blob's name
   * @param label what it is, for people
   * @param offset where it begins in the file, in bytes
   * @param blockBytes sizes of its blocks, which lie one after the other
   * @param blockChecksums CRC32C of each block
   */
  IndexEntry(BlobKey key, String label, long offset, int[] blockBytes, int[] blockChecksums) {
    this.key = key;
    this.label = label;
    this.offset = offset;
    this.blockBytes = blockBytes;
    this.blockChecksums = blockChecksums;
    long sum = 0; // at most 2^31 blocks of at most 2^31 bytes: it cannot overflow
    for (int block : blockBytes) {
      sum += block;
    }
    bytes = sum;
  }

  BlobKey key() {
    return key;
  }

  String label() {
    return label;
  }

  long offset() {
    return offset;
  }

  int[] blockBytes() {
    return blockBytes;
  }

  int[] blockChecksums() {
    return blockChecksums;
  }

  /** Size of the blob. */
  long bytes() {
    return bytes;
  }

  /** Where the blob ends in the file. */
  long end() {
    return offset + bytes;
  }
}
