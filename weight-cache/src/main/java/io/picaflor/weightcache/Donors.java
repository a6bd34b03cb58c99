package io.picaflor.weightcache;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Older builds that have some of what is asked for: what is still sound in them is copied and not packed again. */
final class Donors {
  private final List<CacheFileReader> files;

  Donors(List<CacheFileReader> files) {
    this.files = files;
  }

  /** Plans each blob: copied if an older build has it and its checksums hold, else packed. */
  List<PlannedBlob> plan(List<? extends BlobSource> sources, TaskRunner runner) {
    PlannedBlob[] plan = new PlannedBlob[sources.size()];
    if (!files.isEmpty()) {
      try (BlockBuffers buffers = new BlockBuffers(BlobSource.MAX_PART_BYTES)) {
        runner.run(plan.length, i -> plan[i] = copy(sources.get(i), buffers));
      }
    }
    List<PlannedBlob> blobs = new ArrayList<>(plan.length);
    for (int i = 0; i < plan.length; i++) {
      blobs.add(plan[i] != null ? plan[i] : PlannedBlob.packed(sources.get(i)));
    }
    return blobs;
  }

  private PlannedBlob copy(BlobSource source, BlockBuffers buffers) {
    for (CacheFileReader file : files) {
      IndexEntry entry = file.index().entries().get(source.key());
      if (entry != null && isSound(file, entry, buffers)) {
        return PlannedBlob.copied(source, file, entry);
      }
    }
    return null;
  }

  private static boolean isSound(CacheFileReader file, IndexEntry entry, BlockBuffers buffers) {
    MemorySegment buffer = buffers.take();
    try {
      file.check(entry, buffer.asByteBuffer());
      return true;
    } catch (IOException _) {
      return false; // packed anew, which mends it
    } finally {
      buffers.giveBack(buffer);
    }
  }
}
