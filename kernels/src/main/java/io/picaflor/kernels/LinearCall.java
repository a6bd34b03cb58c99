package io.picaflor.kernels;

/**
 * What a linear operator's machine code finds in its block of arguments: offsets in bytes. All are 64-bit numbers but for what is
 * said.
 */
final class LinearCall {
  /** Rows of codes, or of float32 where weights are floats. */
  static final int CODES = 0;
  static final int CODES_STRIDE = 8;
  /** Bytes from a row's codes to its parameters, see {@link JitCodes}. */
  static final int PARAMETERS = 16;
  static final int PANELS = 24;
  static final int PANEL_BYTES = 32;
  static final int RESULT = 40;
  static final int RESULT_STRIDE = 48;
  /** 0 for none. */
  static final int RESIDUAL = 56;
  static final int RESIDUAL_STRIDE = 64;
  /** One float32 for each output, filled up to whole panels; 0 for none. */
  static final int BIAS = 72;
  /** How often a tile goes round its loop for a block, or for the whole row. */
  static final int ROUNDS = 80;
  static final int BLOCKS = 88;
  /** The address of the panel that is not whole, or 0. */
  static final int PARTIAL_PANEL = 96;
  /** Four of 16 bits: which outputs of the partial panel there are. */
  static final int PARTIAL_BITS = 104;
  /** Addresses of the code for tiles of 0 (none), 1, 2 .. rows. */
  static final int TILES = 112;
  /** 64 of 32 bits, -1 for outputs of the partial panel that there are. */
  static final int PARTIAL_LANES = 192;
  static final int BYTES = PARTIAL_LANES + 256;

  private LinearCall() {}
}
