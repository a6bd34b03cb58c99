package io.picaflor.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.picaflor.quantization.BFloat16;
import java.lang.foreign.MemorySegment;

/** {@link Operators#append} of the tier {@code scalar}: each number at its place, bfloat16 as {@link BFloat16} rounds. */
final class ScalarAppend extends ScalarOperator {
  private final Matrix x;
  private final KvBuffer buffer;
  private final KvLayout layout;
  private MemorySegment memory;
  private int position;

  ScalarAppend(Workers workers, Matrix x, KvBuffer buffer) {
    super(workers);
    this.x = x;
    this.buffer = buffer;
    layout = buffer.layout();
  }

  @Override
  int begin(int rows, int position) {
    this.position = position;
    memory = buffer.memory();
    return rows;
  }

  @Override
  void compute(int row, int share) {
    for (int head = 0; head < layout.heads(); head++) {
      for (int c = 0; c < layout.headSize(); c++) {
        long index = layout.index(position + row, head, c);
        float value = x.memory().getAtIndex(JAVA_FLOAT, x.index(row) + (long) head * layout.headSize() + c);
        switch (layout.precision()) {
          case F32 -> memory.setAtIndex(JAVA_FLOAT, index, value);
          case BF16 -> memory.setAtIndex(JAVA_SHORT, index, BFloat16.toBits(value));
        }
      }
    }
  }
}
