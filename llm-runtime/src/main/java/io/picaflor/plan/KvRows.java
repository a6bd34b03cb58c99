package io.picaflor.plan;

import io.picaflor.kernels.KvLayout;
import io.picaflor.kvcache.RowFormat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Rows of keys or values as {@code [head][channel]}, whatever order a layout has; numbers as they are stored, bit by bit. */
record KvRows(KvLayout layout) implements RowFormat {
  @Override
  public int numbers() {
    return layout.heads() * layout.headSize();
  }

  @Override
  public int numberBytes() {
    return layout.precision().bytes();
  }

  @Override
  public void take(MemorySegment buffer, int position, MemorySegment row) {
    for (int head = 0; head < layout.heads(); head++) {
      copy(buffer, layout.index(position, head, 0), stride(position), row, (long) head * layout.headSize(), 1);
    }
  }

  @Override
  public void put(MemorySegment row, int position, MemorySegment buffer) {
    for (int head = 0; head < layout.heads(); head++) {
      copy(row, (long) head * layout.headSize(), 1, buffer, layout.index(position, head, 0), stride(position));
    }
  }

  /** Numbers from a channel to the next one. */
  private long stride(int position) {
    return layout.headSize() == 1 ? 1 : layout.index(position, 0, 1) - layout.index(position, 0, 0);
  }

  /** Copies the channels of a head, by indices of numbers. */
  private void copy(MemorySegment source, long from, long fromStride, MemorySegment target, long to, long toStride) {
    int bytes = numberBytes();
    if (fromStride == 1 && toStride == 1) {
      MemorySegment.copy(source, from * bytes, target, to * bytes, (long) layout.headSize() * bytes);
      return;
    }
    switch (layout.precision()) {
      case F32 -> {
        for (int i = 0; i < layout.headSize(); i++) {
          int number = source.getAtIndex(ValueLayout.JAVA_INT, from + i * fromStride);
          target.setAtIndex(ValueLayout.JAVA_INT, to + i * toStride, number);
        }
      }
      case BF16 -> {
        for (int i = 0; i < layout.headSize(); i++) {
          short number = source.getAtIndex(ValueLayout.JAVA_SHORT, from + i * fromStride);
          target.setAtIndex(ValueLayout.JAVA_SHORT, to + i * toStride, number);
        }
      }
    }
  }
}
