package io.picaflor.kernels;

/** Where {@link LinearDriver} keeps numbers on its stack: offsets in bytes, behind the return address when a tile runs. */
final class LinearFrame {
  static final int TALL_TILES = 0;
  static final int SHORT_TILES = 8;
  static final int TALL_CODE = 16;
  static final int SHORT_CODE = 24;
  static final int COUNTER = 32;
  static final int BIAS = 40;
  /** Bytes from a panel's first output to the ones that a tile is at. */
  static final int PASS = 48;
  static final int BLOCKS_LEFT = 56;
  /** Of the panel. */
  static final int RESULT = 64;
  static final int BYTES = 80;

  private LinearFrame() {}
}
