package io.picaflor.weightcache;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Writes one cache file, by position and never through a mapping: a full disk is an error then, and no fault. Data first, then
 * the index, the header last.
 */
final class CacheFileWriter {
  private final CacheHeader plan;
  private final String title;
  private final List<PlannedBlob> blobs;

  private CacheFileWriter(CacheHeader plan, String title, List<PlannedBlob> blobs) {
    this.plan = plan;
    this.title = title;
    this.blobs = blobs;
  }

  /** Decides where everything lies; nothing is written yet. */
  static CacheFileWriter plan(String title, long generation, List<PlannedBlob> blobs) throws IOException {
    int indexBytes = index(title, blobs).length; // offsets and checksums have fixed sizes
    if (indexBytes > CacheFormat.MAX_INDEX_BYTES) {
      throw new IOException("index of " + indexBytes + " bytes is too large for a cache");
    }
    int sections = CacheFormat.sectionAlignment();
    long dataOffset = CacheFormat.alignUp(CacheFormat.HEADER_BYTES + (long) indexBytes, sections);
    long end = dataOffset;
    for (PlannedBlob blob : blobs) {
      long offset = CacheFormat.alignUp(end, blob.alignment());
      blob.place(offset);
      end = Math.addExact(offset, blob.bytes());
    }
    CacheHeader plan =
        new CacheHeader(generation, sections, CacheFormat.alignUp(end, sections), indexBytes, 0, dataOffset);
    return new CacheFileWriter(plan, title, blobs);
  }

  /** Size of the whole file. */
  long fileBytes() {
    return plan.fileBytes();
  }

  /** Packs all blobs into an empty file, which will have this name. The file is whole when this returns, and not forced to the disk. */
  void write(FileChannel channel, Path file, BlobPacker packer) throws IOException {
    writeFully(channel, plan.fileBytes() - 1, ByteBuffer.allocate(1)); // gaps between blobs read as zeros
    int largest = 1;
    for (PlannedBlob blob : blobs) {
      for (int b = 0; b < blob.blocks(); b++) {
        largest = Math.max(largest, blob.blockBytes(b));
      }
    }
    try (BlockBuffers buffers = new BlockBuffers(largest)) {
      packer.pack(Optional.of(file), blobs, (blob, block) -> writeBlock(channel, buffers, blob, block));
    }
    byte[] index = index(title, blobs);
    int checksum = CacheFormat.checksum(ByteBuffer.wrap(index));
    CacheHeader header = new CacheHeader(plan.generation(), plan.sectionAlignment(), plan.fileBytes(), index.length,
        checksum, plan.dataOffset());
    writeFully(channel, CacheFormat.HEADER_BYTES, ByteBuffer.wrap(index));
    writeFully(channel, 0, header.encode());
  }

  /** Maps what was written, read-only. */
  MemorySegment map(FileChannel channel, Arena arena) throws IOException {
    return channel.map(FileChannel.MapMode.READ_ONLY, 0, plan.fileBytes(), arena);
  }

  private void writeBlock(FileChannel channel, BlockBuffers buffers, PlannedBlob blob, int block) throws IOException {
    MemorySegment buffer = buffers.take();
    try {
      MemorySegment target = buffer.asSlice(0, blob.blockBytes(block));
      target.fill((byte) 0); // what a layout leaves out must not hold another blob's bytes
      blob.write(block, target);
      ByteBuffer bytes = target.asByteBuffer();
      blob.checksum(block, CacheFormat.checksum(bytes));
      writeFully(channel, blob.blockPlace(block), bytes);
    } finally {
      buffers.giveBack(buffer);
    }
  }

  private static byte[] index(String title, List<PlannedBlob> blobs) {
    return CacheIndex.of(title, blobs.stream().map(PlannedBlob::entry).toList()).encode();
  }

  private static void writeFully(FileChannel channel, long offset, ByteBuffer bytes) throws IOException {
    long at = offset;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }
}
