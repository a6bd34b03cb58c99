package io.picaflor.weightcache;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** A cache file that is open and whose header and index were found sound; reading it touches no page of its blobs. */
final class CacheFileReader implements AutoCloseable {
  private final Path path;
  private final FileChannel channel;
  private final CacheHeader header;
  private final CacheIndex index;

  private CacheFileReader(Path path, FileChannel channel, CacheHeader header, CacheIndex index) {
    this.path = path;
    this.channel = channel;
    this.header = header;
    this.index = index;
  }

  /**
   * Opens a file and checks who owns it, its header and its index.
   *
   * @throws BrokenCacheException if the file is not to be believed
   * @throws OtherVersionException if it is of another version
   */
  static CacheFileReader open(Path path, AccessRules rules) throws IOException {
    Optional<String> objection = rules.objectionToFile(path);
    if (objection.isPresent()) {
      throw new UntrustedFileException(objection.get());
    }
    FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    try {
      long size = channel.size();
      CacheHeader header = CacheHeader.decode(
          read(channel, 0, (int) Math.min(size, CacheFormat.HEADER_BYTES)), size);
      ByteBuffer index = read(channel, CacheFormat.HEADER_BYTES, header.indexBytes());
      return new CacheFileReader(path, channel, header, CacheIndex.decode(index, header));
    } catch (IOException | RuntimeException | Error e) {
      channel.close();
      throw e;
    }
  }

  Path path() {
    return path;
  }

  CacheHeader header() {
    return header;
  }

  CacheIndex index() {
    return index;
  }

  /** Maps the whole file read-only; the mapping outlives this reader. */
  MemorySegment map(Arena arena) throws IOException {
    return channel.map(FileChannel.MapMode.READ_ONLY, 0, header.fileBytes(), arena);
  }

  /**
   * Reads one block of a blob and compares its checksum.
   *
   * @param offset where the block begins within the blob: the sum of the sizes of those before it
   * @param target holds {@code entry.blockBytes()[block]} bytes or more; its position and limit are set to the block
   * @throws BrokenCacheException if the data is not what was written
   */
  void readBlock(IndexEntry entry, int block, long offset, ByteBuffer target) throws IOException {
    int bytes = entry.blockBytes()[block];
    readFully(channel, entry.offset() + offset, target.clear().limit(bytes));
    if (CacheFormat.checksum(target.flip()) != entry.blockChecksums()[block]) {
      throw new BrokenCacheException("blob '" + entry.label() + "': checksum of " + bytes + " bytes at "
          + (entry.offset() + offset) + " does not match");
    }
  }

  /** Reads a whole blob, block by block, and compares its checksums; the buffer as for {@link #readBlock}. */
  void check(IndexEntry entry, ByteBuffer target) throws IOException {
    long offset = 0;
    for (int block = 0; block < entry.blockBytes().length; block++) {
      readBlock(entry, block, offset, target);
      offset += entry.blockBytes()[block];
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException _) {
      // It was opened for reading: nothing can be lost.
    }
  }

  private static ByteBuffer read(FileChannel channel, long offset, int bytes) throws IOException {
    ByteBuffer target = ByteBuffer.allocate(bytes);
    readFully(channel, offset, target);
    return target.flip();
  }

  private static void readFully(FileChannel channel, long offset, ByteBuffer target) throws IOException {
    long at = offset;
    while (target.hasRemaining()) {
      int read = channel.read(target, at);
      if (read < 0) {
        throw new BrokenCacheException("file: ends at " + at + ", " + target.remaining() + " bytes are missing");
      }
      at += read;
    }
  }
}
