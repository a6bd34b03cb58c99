package io.picaflor.plan;

import io.picaflor.platform.MappedPages;
import io.picaflor.weightcache.Lease;
import io.picaflor.weightcache.PackedBlobs;

import java.lang.foreign.MemorySegment;

/**
 * Brings mapped weights into memory in the background, while the rest of a model is loaded, in the order in which they lie: that is
 * about the order in which the first token reads them. It is advice: nothing waits for it, and nothing depends on it.
 *
 * <p>What has to be read from the disk is read into large pages. Linux makes those where a mapping asks for them and is read by
 * touching it; asked to read ahead ({@code MADV_WILLNEED}) it makes small ones, which stay small as long as the file is in memory.
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
    MappedPages.preferLarge(warmUp.mapping);
    return Thread.ofPlatform().daemon().name("picaflor-warm-up").start(warmUp::run);
  }

  private void run() {
    for (long at = 0; at < mapping.byteSize(); at += CHUNK_BYTES) {
      try (Lease _ = blobs.lease()) { // one for each chunk, so that closing need not wait for all
        if (!MappedPages.populate(chunk(at))) {
          return; // not here, or the file was cut
        }
      } catch (IllegalStateException _) {
        return; // closed meanwhile
      }
    }
  }

  private MemorySegment chunk(long at) {
    return mapping.asSlice(at, Math.min(CHUNK_BYTES, mapping.byteSize() - at));
  }
}
