package io.picaflor.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.ResidentPages;
import io.picaflor.weightcache.BlobKey;
import io.picaflor.weightcache.BlobSource;
import io.picaflor.weightcache.CacheOutcome;
import io.picaflor.weightcache.CachePlace;
import io.picaflor.weightcache.CacheRequest;
import io.picaflor.weightcache.PackedBlobs;
import io.picaflor.weightcache.WeightCache;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Weights of some megabytes in a file that was built before. */
@Timeout(60)
class WeightWarmUpTest {
  private static final int BYTES = 24 << 20;
  private static final BlobKey KEY = BlobKey.of(new byte[] {1});

  @TempDir
  private Path folder;

  private PackedBlobs open() {
    return WeightCache.open(new CacheRequest("family", CachePlace.at(folder)),
        List.of(BlobSource.whole(KEY, "test", () -> MemorySegment.ofArray(new byte[BYTES]))));
  }

  private PackedBlobs hit() {
    open().close();
    PackedBlobs blobs = open();
    assertEquals(CacheOutcome.HIT, blobs.report().outcome());
    return blobs;
  }

  @Test
  @EnabledOnOs(OS.LINUX) // only there a process is told which pages it has
  void bringsAllPagesOfTheFileIntoMemory() throws Exception {
    try (PackedBlobs blobs = hit()) {
      Path file = blobs.file().orElseThrow();
      assertTrue(ResidentPages.kib(file) < BYTES / 1024 / 2, "a hit touches few pages");
      WeightWarmUp.begin(blobs).join();
      assertTrue(ResidentPages.kib(file) >= BYTES / 1024, "found " + ResidentPages.kib(file) + " KB");
    }
  }

  @Test
  void endsWhenTheWeightsAreClosed() throws Exception {
    for (int i = 0; i < 10; i++) {
      PackedBlobs blobs = hit();
      Thread warmUp = WeightWarmUp.begin(blobs);
      blobs.close();
      warmUp.join();
      assertThrows(IllegalStateException.class, blobs::lease);
    }
  }
}
