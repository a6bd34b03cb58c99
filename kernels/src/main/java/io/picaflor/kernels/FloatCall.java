package io.picaflor.kernels;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/** What {@link FloatTile} finds in its block of arguments: 64-bit numbers but for what is said, offsets in bytes. */
final class FloatCall {
  static final int LEFT = 0;
  static final int LEFT_STRIDE = 8;
  static final int RIGHT = 16;
  /** From one inner index to the next. */
  static final int RIGHT_STEP = 24;
  /** From the end of a group's columns to the next group. */
  static final int RIGHT_ADVANCE = 32;
  static final int RESULT = 40;
  static final int RESULT_STRIDE = 48;
  static final int INNER = 56;
  /** Passes over columns in a group. */
  static final int PASSES = 64;
  static final int GROUPS = 72;
  /** 0: the result begins at 0, else at what stands there. */
  static final int KEEP = 80;
  /** How many columns of a tail there are, 1 to 15; then their bits, then 16 numbers of 32 bits, -1 for each of them. */
  static final int TAIL_COLUMNS = 88;

  static final int TAIL_BITS = 96;
  /** How far ahead the right matrix is asked of memory. */
  static final int PREFETCH = 104;
  static final int TAIL_LANES = 128;
  static final int BYTES = TAIL_LANES + 64;

  private FloatCall() {}

  /** Sets how many columns of a tail there are. */
  static void setTail(MemorySegment call, int columns) {
    call.set(JAVA_LONG, TAIL_COLUMNS, columns);
    call.set(JAVA_LONG, TAIL_BITS, (1L << columns) - 1);
    for (int lane = 0; lane < FloatTile.TAIL; lane++) {
      call.set(JAVA_INT, TAIL_LANES + 4L * lane, lane < columns ? -1 : 0);
    }
  }
}
