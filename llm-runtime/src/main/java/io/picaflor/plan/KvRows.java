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
    long at = 0;
    for (int head = 0; head < layout.heads(); head++) {
      for (int channel = 0; channel < layout.headSize(); channel++) {
        copy(buffer, layout.index(position, head, channel), row, at++);
      }
    }
  }

  @Override
  public void put(MemorySegment row, int position, MemorySegment buffer) {
    long at = 0;
    for (int head = 0; head < layout.heads(); head++) {
      for (int channel = 0; channel < layout.headSize(); channel++) {
        copy(row, at++, buffer, layout.index(position, head, channel));
      }
    }
  }

  private void copy(MemorySegment source, long from, MemorySegment target, long to) {
    switch (layout.precision()) {
      case F32 -> target.setAtIndex(ValueLayout.JAVA_INT, to, source.getAtIndex(ValueLayout.JAVA_INT, from));
      case BF16 -> target.setAtIndex(ValueLayout.JAVA_SHORT, to, source.getAtIndex(ValueLayout.JAVA_SHORT, from));
    }
  }
}
