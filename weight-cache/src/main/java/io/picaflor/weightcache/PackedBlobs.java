package io.picaflor.weightcache;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Packed blobs, read-only: in a file's mapping that processes share, or in memory.
 *
 * <p>Any thread may read. Who works with a blob's raw address holds a {@link Lease} meanwhile; {@link #close} waits for the
 * leases. If the file is cut while it is mapped, Java code that reads a blob gets an {@code InternalError}, and machine code
 * ends the process: {@link #isWhole} tells the first case apart from other errors.
 */
public final class PackedBlobs implements AutoCloseable {
  private final CacheReport report;
  private final MemorySegment mapping;
  private final Map<BlobKey, MemorySegment> blobs;
  private final Map<BlobKey, IndexEntry> checksums;
  private final LeasedMemory memory;
  private final Publication publication;

  /** Blobs with their checksums, as far as there are any: what was packed just now has none to be held against. */
  PackedBlobs(CacheReport report, MemorySegment mapping, Map<BlobKey, MemorySegment> blobs,
      Map<BlobKey, IndexEntry> checksums, LeasedMemory memory, Publication publication) {
    this.report = report;
    this.mapping = mapping;
    this.blobs = blobs;
    this.checksums = checksums;
    this.memory = memory;
    this.publication = publication;
  }

  /**
   * A blob, read-only, aligned as its source asked. Reading it after {@link #close} is an {@code IllegalStateException}.
   *
   * @throws IllegalArgumentException if the request did not name the key
   */
  public MemorySegment blob(BlobKey key) {
    MemorySegment blob = blobs.get(key);
    if (blob == null) {
      throw new IllegalArgumentException("blob " + key + " was not asked for");
    }
    return blob;
  }

  /**
   * Reads a whole blob of a file and compares its checksums, which opening does not: for a small one whose reader must be
   * able to rely on it.
   *
   * @return whether it is what was packed; true for what was packed just now
   */
  public boolean check(BlobKey key) {
    MemorySegment blob = blob(key);
    IndexEntry entry = checksums.get(key);
    if (entry == null) {
      return true;
    }
    try {
      long offset = 0;
      for (int block = 0; block < entry.blockBytes().length; block++) {
        int bytes = entry.blockBytes()[block];
        if (CacheFormat.checksum(blob.asSlice(offset, bytes).asByteBuffer()) != entry.blockChecksums()[block]) {
          return false;
        }
        offset += bytes;
      }
      return true;
    } catch (InternalError _) {
      return false; // the file was cut under the mapping
    }
  }

  /** How the blobs were come by. */
  public CacheReport report() {
    return report;
  }

  /** The whole file's mapping, to be warmed up or watched; nothing if the blobs are in memory. */
  public Optional<MemorySegment> mapping() {
    return Optional.ofNullable(mapping);
  }

  /**
   * Keeps the blobs where they are until the lease is closed. Allocates nothing.
   *
   * @throws IllegalStateException if the blobs are closed
   */
  public Lease lease() {
    return memory.acquire();
  }

  /** Whether the file that is mapped still has its size; true for blobs in memory. */
  public boolean isWhole() {
    return publication.isWhole();
  }

  /**
   * Waits until a new file has its name and its bytes are on the disk.
   *
   * @return whether there is a file; false if the blobs are in memory or the disk failed at the end
   */
  public boolean awaitFile() {
    return publication.await();
  }

  /** The file, whatever became of it; nothing if the blobs are in memory. */
  public Optional<Path> file() {
    return report.file();
  }

  /**
   * Waits for all leases and for a file that is being finished, then frees the memory. Idempotent. A thread that holds a
   * lease itself would wait for ever.
   */
  @Override
  public void close() {
    publication.await();
    memory.close();
  }
}
