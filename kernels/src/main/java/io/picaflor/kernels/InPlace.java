package io.picaflor.kernels;

import java.lang.foreign.MemorySegment;

/** The layout of weights that are read as the model file stores them: nothing is written. */
final class InPlace implements WeightLayout {
  static final WeightLayout LAYOUT = new InPlace();

  private InPlace() {}

  @Override
  public String id() {
    return "in-place";
  }

  @Override
  public int alignment() {
    return 64;
  }

  @Override
  public int panelRows() {
    return 1;
  }

  @Override
  public long bytes(PackedSource source, int rowFrom, int rowTo) {
    return 0;
  }

  @Override
  public void pack(PackedSource source, int rowFrom, int rowTo, MemorySegment target) {}
}
