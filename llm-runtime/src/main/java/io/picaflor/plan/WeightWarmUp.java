package io.picaflor.plan;

import io.picaflor.platform.MappedPages;
import io.picaflor.weightcache.Lease;
import io.picaflor.weightcache.PackedBlobs;

import java.lang.foreign.MemorySegment;

/**
 * Brings mapped weights into memory in the background, while the rest of a model is loaded, in the order in which they lie: that is
 * about the order in which the first token reads them. It is advice: nothing waits for it, and nothing depends on it.
 */
final class WeightWarmUp {
  private static final long CHUNK_BYTES = 8 << 20;

  private final PackedBlobs blobs;
  private final MemorySegment mapping;

  private WeightWarmUp(PackedBlobs blobs, MemorySegment mapping) {
    this.blobs = blobs;
    this.mapping = mapping;
  }

  /**
   * Begins.
   *
   * @param blobs in a file
   * @return who does it: ends by itself, soon after the blobs are closed at the latest
   */
  static Thread begin(PackedBlobs blobs) {
    WeightWarmUp warmUp = new WeightWarmUp(blobs, blobs.mapping().orElseThrow());
    return Thread.ofPlatform().daemon().name("picaflor-warm-up").start(warmUp::run);
  }

  private void run() {
    for (long at = 0; at < mapping.byteSize(); at += CHUNK_BYTES) {
      try (Lease _ = blobs.lease()) { // one for each chunk, so that closing need not wait for all
        MappedPages.fetch(chunk(at + CHUNK_BYTES)); // the disk reads it while this one is mapped
        if (!MappedPages.populate(chunk(at))) {
          MappedPages.fetch(chunk(at));
        }
      } catch (IllegalStateException _) {
        return; // closed meanwhile
      }
    }
  }

  private MemorySegment chunk(long at) {
    long from = Math.min(at, mapping.byteSize());
    return mapping.asSlice(from, Math.min(CHUNK_BYTES, mapping.byteSize() - from));
  }
}
