package io.picaflor.weightcache;

/**
 * Where one blob lies, and the checksums of its data.
 *
 * @param key the blob's name
 * @param label what it is, for people
 * @param offset where it begins in the file, in bytes
 * @param blockBytes sizes of its blocks, which lie one after the other
 * @param blockChecksums CRC32C of each block
 */
record IndexEntry(BlobKey key, String label, long offset, int[] blockBytes, int[] blockChecksums) {

  /** Size of the blob: at most 2^31 blocks of at most 2^23 bytes, so the sum cannot overflow. */
  long bytes() {
    long sum = 0;
    for (int bytes : blockBytes) {
      sum += bytes;
    }
    return sum;
  }

  /** Where the blob ends in the file. */
  long end() {
    return offset + bytes();
  }
}
