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
    Arena arena = request.newArena();
    LeasedMemory memory = LeasedMemory.of(arena, request.isCollected());
    try {
      MemorySegment mapping = reader.map(arena);
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
    List<PlannedBlob> planned = wanted.stream()
        .map(blob -> PlannedBlob.packed(blob, Integer.MAX_VALUE)).toList();
    long end = 0;
    int alignment = CacheFormat.BLOB_ALIGNMENT;
    long bytes = 0;
    for (PlannedBlob blob : planned) {
      end = CacheFormat.alignUp(end, blob.alignment());
      blob.place(end);
      end += blob.bytes();
      bytes += blob.bytes();
      alignment = Math.max(alignment, blob.alignment());
    }
    BlobMemory.Region region = request.memory().allocate(end + alignment);
    LeasedMemory memory = new LeasedMemory(region.free());
    try {
      long start = -region.memory().address() & alignment - 1;
      MemorySegment all = region.memory().asSlice(start, Math.max(1, end));
      new BlobPacker(request.runner(), request.progress()).pack(Optional.empty(), planned,
          (blob, block) -> blob.write(block, all.asSlice(blob.blockPlace(block), blob.blockBytes(block))));
      Map<BlobKey, MemorySegment> blobs = new HashMap<>();
      for (PlannedBlob blob : planned) {
        blobs.put(blob.key(), all.asSlice(blob.blockPlace(0), blob.bytes()).asReadOnly());
      }
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
