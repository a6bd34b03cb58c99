package io.picaflor.plan;

import io.picaflor.kernels.PackedSource;
import io.picaflor.kernels.WeightLayout;
import io.picaflor.platform.MappedPages;
import io.picaflor.quantization.WeightMatrix;
import io.picaflor.weightcache.BlobKey;
import io.picaflor.weightcache.BlobSource;

import java.lang.foreign.MemorySegment;

/**
 * One linear operator's weights as a blob of the weight cache, in parts of whole panels.
 *
 * @param releasing whether it lets go of the source's pages behind what it has packed, so that no weight takes memory twice for
 *     long. Only of a mapping of our own: in a caller's there may be what is in no file
 */
record PackedMatrix(BlobKey key, WeightLayout layout, PackedSource source, boolean releasing) implements BlobSource {
  /** What a thread packs in one go: enough that the system caches it in large pages, little enough to share out evenly. */
  private static final long PART_BYTES = 4 << 20;

  /** Rows of a part but for the last one. */
  private int partRows() {
    int panelRows = Math.min(layout.panelRows(), source.rows());
    return (int) Math.max(1, PART_BYTES / layout.bytes(source, 0, panelRows)) * layout.panelRows();
  }

  private int from(int part) {
    return part * partRows();
  }

  private int to(int part) {
    return (int) Math.min(source.rows(), (long) (part + 1) * partRows());
  }

  @Override
  public String label() {
    return layout.id() + " " + source.rows() + " x " + source.columns();
  }

  @Override
  public int alignment() {
    return layout.alignment();
  }

  @Override
  public int parts() {
    return Math.ceilDiv(source.rows(), partRows());
  }

  @Override
  public int partBytes(int part) {
    return Math.toIntExact(layout.bytes(source, from(part), to(part)));
  }

  @Override
  public void write(int part, MemorySegment target) {
    int from = from(part);
    int to = to(part);
    layout.pack(source, from, to, target);
    if (releasing) {
      release(from, to);
    }
  }

  private void release(int from, int to) {
    int first = 0;
    for (WeightMatrix matrix : source.parts()) {
      int begin = Math.max(from, first);
      int end = Math.min(to, first + matrix.rows());
      if (begin < end) {
        long rowBytes = matrix.values().byteSize() / matrix.rows();
        MappedPages.release(matrix.values().asSlice((begin - first) * rowBytes, (end - begin) * rowBytes));
      }
      first += matrix.rows();
    }
  }
}
