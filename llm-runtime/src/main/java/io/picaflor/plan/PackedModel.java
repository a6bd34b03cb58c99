package io.picaflor.plan;

import io.picaflor.WeightCacheUse;
import io.picaflor.kernels.PackedWeights;
import io.picaflor.weightcache.BlobKey;
import io.picaflor.weightcache.CacheReport;
import io.picaflor.weightcache.PackedBlobs;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * All weights of a model in a tier's layouts, and the memory that they lie in.
 *
 * @param weights in the order of their sources
 * @param keys the keys of their sources; none where they are in memory
 * @param use where they came from
 * @param blobs what is to be closed once nothing reads them any more; empty if the tier reads all of them in place
 */
record PackedModel(
    List<PackedWeights> weights, List<BlobKey> keys, WeightCacheUse use, Optional<PackedBlobs> blobs) {

  /** A report in the words of the API. */
  static WeightCacheUse use(CacheReport report) {
    return new WeightCacheUse(report.outcome().name().toLowerCase(Locale.ROOT), report.reason(), report.file(),
        report.bytes());
  }

  /** The cache's file, if somebody has cut it while it was mapped. */
  Optional<Path> cutFile() {
    return blobs.filter(packed -> !packed.isWhole()).flatMap(PackedBlobs::file);
  }

  /** Waits for a file that is being finished, then frees the memory. */
  void close() {
    blobs.ifPresent(PackedBlobs::close);
  }
}
