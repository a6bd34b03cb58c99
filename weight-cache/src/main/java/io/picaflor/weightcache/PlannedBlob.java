package io.picaflor.weightcache;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** A blob that is about to be packed or copied: the sizes of its blocks, who writes them, and what their checksums became. */
final class PlannedBlob {
  /** Where a blob is copied from. */
  private record Original(CacheFileReader file, IndexEntry entry) {}

  private final BlobSource source;
  private final int[] blockBytes;
  private final long[] blockOffsets; // within the blob
  private final int[] checksums;
  private long offset; // in the file, once that is planned
  private final Original original; // null if the blob is packed

  private PlannedBlob(BlobSource source, int[] blockBytes, Original original) {
    this.source = source;
    this.blockBytes = blockBytes;
    this.original = original;
    this.checksums = new int[blockBytes.length];
    this.blockOffsets = new long[blockBytes.length + 1];
    for (int i = 0; i < blockBytes.length; i++) {
      blockOffsets[i + 1] = blockOffsets[i] + blockBytes[i];
    }
  }

  /** A blob whose parts the source writes into buffers; see {@link #packed(BlobSource, int)}. */
  static PlannedBlob packed(BlobSource source) {
    return packed(source, BlobSource.MAX_PART_BYTES);
  }

  /**
   * A blob whose parts the source writes.
   *
   * @param most the largest part that there is room for
   * @throws IllegalArgumentException if the source breaks its contract
   */
  static PlannedBlob packed(BlobSource source, int most) {
    int parts = source.parts();
    if (parts < 1) {
      throw new IllegalArgumentException("blob '" + source.label() + "': expected at least 1 part, found " + parts);
    }
    int[] bytes = new int[parts];
    for (int i = 0; i < parts; i++) {
      bytes[i] = source.partBytes(i);
      if (bytes[i] < 1 || bytes[i] > most) {
        throw new IllegalArgumentException("blob '" + source.label() + "', part " + i + ": expected 1 to "
            + most + " bytes, found " + bytes[i]);
      }
    }
    return new PlannedBlob(source, bytes, null);
  }

  /** A blob that another file has already. */
  static PlannedBlob copied(BlobSource source, CacheFileReader from, IndexEntry entry) {
    return new PlannedBlob(source, entry.blockBytes(), new Original(from, entry));
  }

  BlobKey key() {
    return source.key();
  }

  int alignment() {
    return source.alignment();
  }

  int blocks() {
    return blockBytes.length;
  }

  int blockBytes(int block) {
    return blockBytes[block];
  }

  /** Where a block begins within the blob, in bytes. */
  long blockOffset(int block) {
    return blockOffsets[block];
  }

  long bytes() {
    return blockOffsets[blockBytes.length];
  }

  boolean isCopied() {
    return original != null;
  }

  /** Writes the bytes of a block into memory, which is zero and as large as the block; any thread, any order. */
  void write(int block, MemorySegment target) throws IOException {
    if (original == null) {
      source.write(block, target);
    } else {
      original.file().readBlock(original.entry(), block, blockOffsets[block], target.asByteBuffer());
    }
  }

  /** Remembers a block's checksum; each block has one writer, and the runner makes it visible to the caller. */
  void checksum(int block, int value) {
    checksums[block] = value;
  }

  /** Where the blob shall begin in the file, in bytes. */
  void place(long offsetInFile) {
    offset = offsetInFile;
  }

  /** Where a block begins in the file, in bytes. */
  long blockPlace(int block) {
    return offset + blockOffsets[block];
  }

  /** The entry of the index, with the checksums that are known by now. */
  IndexEntry entry() {
    return new IndexEntry(source.key(), source.label(), offset, blockBytes, checksums);
  }
}
