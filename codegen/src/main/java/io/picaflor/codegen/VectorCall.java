package io.picaflor.codegen;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.picaflor.platform.NativeCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What a {@link VectorProgram} is run on: places, strides and counts, in native memory, filled once and read by each run.
 *
 * <p>A row may hold several groups of elements, such as heads; the program is run for each group. Threads may run the same call
 * at a time on different rows. It keeps the segments it was given alive.
 */
public final class VectorCall {
  /** As many pointers as there are registers for them. */
  public static final int MOST_ARGUMENTS = 6;

  public static final int MOST_PARAMETERS = 16;

  // offsets in the block, in bytes
  static final int ELEMENTS = 0;
  static final int WHOLE_ELEMENTS = 8;
  static final int GROUPS = 16;
  static final int TAIL_BITS = 24;
  private static final int ARGUMENTS = 32;
  private static final int ARGUMENT_BYTES = 32;
  static final int PARAMETERS = ARGUMENTS + MOST_ARGUMENTS * ARGUMENT_BYTES;
  static final int TAIL_LANES = PARAMETERS + 4 * MOST_PARAMETERS;
  private static final int BYTES = TAIL_LANES + 64;

  static final int LANES = 16;

  private final MemorySegment block;
  private final MemorySegment[] kept = new MemorySegment[MOST_ARGUMENTS];

  /**
   * A call without arguments.
   *
   * @param elements of a group
   * @param groups of a row
   */
  public VectorCall(int elements, int groups) {
    this(elements, groups, Arena.ofAuto());
  }

  /**
   * The same for a moment.
   *
   * @param arena where the block of arguments is
   */
  public VectorCall(int elements, int groups, Arena arena) {
    if (elements < 1 || groups < 1) {
      throw new IllegalArgumentException("call: expected positive sizes, found " + groups + " x " + elements);
    }
    block = arena.allocate(BYTES, 64);
    block.set(JAVA_LONG, GROUPS, groups);
    elements(elements);
  }

  /** Sets how many elements a group has, for the next run. */
  public void elements(int elements) {
    block.set(JAVA_LONG, ELEMENTS, elements);
    int tail = elements % LANES;
    block.set(JAVA_LONG, WHOLE_ELEMENTS, elements - tail);
    block.set(JAVA_LONG, TAIL_BITS, (1L << tail) - 1);
    for (int lane = 0; lane < LANES; lane++) {
      block.set(JAVA_INT, TAIL_LANES + 4L * lane, lane < tail ? -1 : 0);
    }
  }

  static int address(int argument) {
    return ARGUMENTS + argument * ARGUMENT_BYTES;
  }

  static int rowStride(int argument) {
    return address(argument) + 8;
  }

  static int groupStride(int argument) {
    return address(argument) + 16;
  }

  /** From the end of a row's last group to the next row. */
  static int rowAdvance(int argument) {
    return address(argument) + 24;
  }

  /** Sets how many groups a row has, for the next run. */
  public void groups(int groups) {
    block.set(JAVA_LONG, GROUPS, groups);
    for (int i = 0; i < MOST_ARGUMENTS; i++) {
      block.set(JAVA_LONG, rowAdvance(i),
          block.get(JAVA_LONG, rowStride(i)) - groups * block.get(JAVA_LONG, groupStride(i)));
    }
  }

  /**
   * Sets an argument.
   *
   * @param memory native, beginning at the first group of row 0; its bounds were checked
   * @param rowStride bytes from one row to the next; 0 for what all rows share
   * @param groupStride bytes from one group to the next
   */
  public VectorCall argument(int index, MemorySegment memory, long rowStride, long groupStride) {
    kept[index] = memory;
    block.set(JAVA_LONG, address(index), memory.address());
    block.set(JAVA_LONG, rowStride(index), rowStride);
    block.set(JAVA_LONG, groupStride(index), groupStride);
    block.set(JAVA_LONG, rowAdvance(index), rowStride - block.get(JAVA_LONG, GROUPS) * groupStride);
    return this;
  }

  /** Moves an argument to another place in its memory, for the next run; as many bytes from its start. */
  public void offset(int index, long bytes) {
    block.set(JAVA_LONG, address(index), kept[index].address() + bytes);
  }

  /** Sets a parameter. */
  public VectorCall parameter(int index, float value) {
    block.set(JAVA_FLOAT, PARAMETERS + 4L * index, value);
    return this;
  }

  /** What an argument's memory is. */
  MemorySegment memory(int argument) {
    return kept[argument];
  }

  MemorySegment block() {
    return block;
  }

  /** Runs machine code that a {@link VectorCompiler} made, on some rows. */
  public void run(MemorySegment code, int firstRow, int rows) {
    if (rows > 0) {
      NativeCalls.call(code, block.address(), firstRow, rows, 0, 0, 0);
    }
  }
}
