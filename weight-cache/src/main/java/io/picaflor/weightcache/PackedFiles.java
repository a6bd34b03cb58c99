package io.picaflor.weightcache;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes packed blobs of a mapping or of memory. */
final class PackedFiles {
  private PackedFiles() {}

  /** Blobs of a file that was there; the reader may be closed afterwards. */
  static PackedBlobs hit(CacheFileReader reader, Collection<? extends BlobSource> wanted, CacheRequest request)
      throws IOException {
    LeasedMemory memory = LeasedMemory.of(request.isCollected());
    try {
      MemorySegment mapping = reader.map(memory.arena());
      Map<BlobKey, MemorySegment> blobs = new HashMap<>();
      for (BlobSource blob : wanted) {
        IndexEntry entry = reader.index().entries().get(blob.key());
        blobs.put(entry.key(), mapping.asSlice(entry.offset(), entry.bytes()));
      }
      long bytes = reader.header().fileBytes();
      CacheReport report = new CacheReport(CacheOutcome.HIT, Optional.of(reader.path()), "found " + reader.path() + ", "
          + bytes + " bytes", bytes, 0, 0);
      return new PackedBlobs(report, mapping, blobs, reader.index().entries(), memory,
          Publication.existing(reader.path(), bytes));
    } catch (IOException | RuntimeException | Error e) {
      memory.close();
      throw e;
    }
  }

  /** Blobs of a file that was written now. */
  static PackedBlobs built(List<PlannedBlob> planned, MemorySegment mapping, LeasedMemory memory,
      Publication publication) {
    Map<BlobKey, MemorySegment> blobs = new HashMap<>();
    for (IndexEntry entry : planned.stream().map(PlannedBlob::entry).toList()) {
      blobs.put(entry.key(), mapping.asSlice(entry.offset(), entry.bytes()));
    }
    long copied = planned.stream().filter(PlannedBlob::isCopied).mapToLong(PlannedBlob::bytes).sum();
    long packed = planned.stream().mapToLong(PlannedBlob::bytes).sum() - copied;
    CacheReport report = new CacheReport(CacheOutcome.BUILT, Optional.of(publication.file()), "built "
        + publication.file() + ", " + publication.bytes() + " bytes", publication.bytes(), packed, copied);
    return new PackedBlobs(report, mapping, blobs, Map.of(), memory, publication);
  }

  /**
   * Packs into memory.
   *
   * @param reason why there is no file
   */
  static PackedBlobs inMemory(Collection<? extends BlobSource> wanted, CacheRequest request, String reason) {
    LeasedMemory memory = LeasedMemory.of(request.isCollected());
    Arena arena = memory.arena();
    try {
      List<PlannedBlob> planned = wanted.stream().map(PlannedBlob::packed).toList();
      Map<BlobKey, MemorySegment> blobs = new HashMap<>();
      long bytes = 0;
      for (PlannedBlob blob : planned) {
        blobs.put(blob.key(), arena.allocate(blob.bytes(), blob.alignment()));
        bytes += blob.bytes();
      }
      new BlobPacker(request.runner(), request.progress()).pack(Optional.empty(), planned,
          (blob, block) -> blob.write(block,
              blobs.get(blob.key()).asSlice(blob.blockOffset(block), blob.blockBytes(block))));
      blobs.replaceAll((_, blob) -> blob.asReadOnly());
      CacheReport report = new CacheReport(CacheOutcome.MEMORY, Optional.empty(), "in memory, because " + reason, bytes,
          bytes, 0);
      return new PackedBlobs(report, null, blobs, Map.of(), memory, Publication.none());
    } catch (IOException e) {
      memory.close();
      throw new IllegalStateException("packing into memory reads no file", e);
    } catch (RuntimeException | Error e) {
      memory.close();
      throw e;
    }
  }
}
