package io.picaflor.weightcache;

import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/** A blob that is made in one piece, and only if no cache has it. */
final class WholeBlob implements BlobSource {
  private static final int PART_BYTES = 1 << 20;

  private final BlobKey key;
  private final String label;
  private final Supplier<MemorySegment> maker;
  private MemorySegment content; // guarded by this

  WholeBlob(BlobKey key, String label, Supplier<MemorySegment> maker) {
    this.key = key;
    this.label = label;
    this.maker = maker;
  }

  private synchronized MemorySegment content() {
    if (content == null) {
      content = maker.get();
      if (content.byteSize() == 0) {
        throw new IllegalArgumentException("blob '" + label + "': expected at least 1 byte, found none");
      }
    }
    return content;
  }

  @Override
  public BlobKey key() {
    return key;
  }

  @Override
  public String label() {
    return label;
  }

  @Override
  public int parts() {
    return Math.toIntExact((content().byteSize() - 1) / PART_BYTES + 1);
  }

  @Override
  public int partBytes(int part) {
    return (int) Math.min(PART_BYTES, content().byteSize() - (long) part * PART_BYTES);
  }

  @Override
  public void write(int part, MemorySegment target) {
    MemorySegment.copy(content(), (long) part * PART_BYTES, target, 0, target.byteSize());
  }
}
