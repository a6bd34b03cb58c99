package io.picaflor.kernels;

/** What {@link FloatTile} finds in its block of arguments: 64-bit numbers, offsets in bytes. */
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
  /** How far ahead the right matrix is asked of memory. */
  static final int PREFETCH = 88;
  static final int BYTES = 96;

  private FloatCall() {}
}
