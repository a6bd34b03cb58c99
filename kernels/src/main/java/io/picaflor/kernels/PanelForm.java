package io.picaflor.kernels;

/**
 * How weights lie in panels of {@link #OUTPUTS} outputs for the tier {@code jit}; the same bytes serve all levels of x86-64.
 *
 * <p>Of floats a panel has one number of each output for the first input, then for the next one, and nothing beside.
 *
 * <p>Of integers a panel is a head of one 32-bit number for each output, then the weights, in rounds of {@link #ROUND} inputs, then a tail
 * of one float32 scale for each output where there is one scale a channel. Inputs and outputs are filled up with zeros. In the
 * rounds, 256 bytes belong to four inputs that follow one another (or, of nibbles, to eight): four bytes of each output in
 * turn.
 *
 * <p>Source of the layout: {@code ../reference/KERNELS.md}, 2.1.
 */
enum PanelForm {
  /** Head: sum of the weights. A byte is a weight. */
  INT8(2048),
  /** Head: sum of the weights. A byte is a weight of inputs 0 to 3 in its lower half, of inputs 4 to 7 in its upper one. */
  INT4(1024),
  /**
   * Head: {@code -sum_b(sum_k(w) * scale[b])} as float32. Nibbles as in {@link #INT4}; each block of inputs is followed by
   * one bfloat16 for each output, a sixteenth of its scale.
   */
  INT4_BLOCKS(1024),
  /** float32. */
  FLOAT32(8192),
  /** float16. */
  FLOAT16(4096);

  static final int OUTPUTS = 64;
  /** Inputs of a round; a row's inputs are filled up to a multiple of it. */
  static final int ROUND = 32;
  /** Bytes of the head and of the tail. */
  static final int HEAD = 4 * OUTPUTS;

  private final int roundBytes;

  PanelForm(int roundBytes) {
    this.roundBytes = roundBytes;
  }

  /** Bytes of the weights of a round. */
  int roundBytes() {
    return roundBytes;
  }

  static int rounds(int inputs) {
    return Math.ceilDiv(inputs, ROUND);
  }

  boolean floats() {
    return this == FLOAT32 || this == FLOAT16;
  }

  /** How often a tile goes round its loop for so many inputs. */
  int repetitions(int inputs) {
    return floats() ? inputs : rounds(inputs);
  }

  /** Bytes of a panel. */
  long panelBytes(int inputs, int blockSize) {
    long weights = (long) rounds(inputs) * roundBytes;
    return switch (this) {
      case INT8, INT4 -> HEAD + weights + HEAD;
      case INT4_BLOCKS -> HEAD + weights + 2L * OUTPUTS * (inputs / blockSize);
      case FLOAT32, FLOAT16 -> (long) inputs * (roundBytes / ROUND);
    };
  }
}
