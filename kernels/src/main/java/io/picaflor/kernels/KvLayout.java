package io.picaflor.kernels;

/**
 * How the keys or the values of one layer lie in memory: blocks of {@link #BLOCK} positions one after the other, each
 * with all its heads, in the order in which attention reads them.
 *
 * <p>In a block, keys lie as {@code [head][channel][position]}, so that scores of neighbouring positions are computed side by
 * side, and values as {@code [head][position][channel]}. Position {@code p} lies in block {@code p / BLOCK % blocks}: with
 * fewer blocks than the context has, the buffer is a ring.
 *
 * @param kind keys or values
 * @param heads heads that have keys and values of their own
 * @param headSize channels of a head
 * @param precision how a number is stored
 * @param capacity positions that there is room for, a multiple of {@link #BLOCK}
 */
public record KvLayout(Kind kind, int heads, int headSize, Precision precision, int capacity) {
  /** Positions of a block. Attention sums up in these blocks of absolute positions, whatever rows run beside. */
  public static final int BLOCK = 64;

  /** What is stored. */
  public enum Kind {
    KEYS,
    VALUES
  }

  /** How a number is stored. */
  public enum Precision {
    /** float32. */
    F32(4),
    /** The upper half of a float32, rounded to nearest, ties to even. */
    BF16(2);

    private final int bytes;

    Precision(int bytes) {
      this.bytes = bytes;
    }

    /** Bytes of a number. */
    public int bytes() {
      return bytes;
    }
  }

  public KvLayout {
    if (heads < 1 || headSize < 1 || capacity < BLOCK || capacity % BLOCK != 0) {
      throw new IllegalArgumentException("KV layout: expected positive sizes and a capacity in blocks of " + BLOCK
          + ", found " + heads + " x " + headSize + ", " + capacity + " positions");
    }
  }

  /** Bytes of one block. */
  public long blockBytes() {
    return (long) BLOCK * heads * headSize * precision.bytes();
  }

  /** Bytes of the buffer when all its blocks are there. */
  public long bytes() {
    return capacity / BLOCK * blockBytes();
  }

  /** Elements from the buffer's start to a channel of a head at an absolute position. */
  public long index(int position, int head, int channel) {
    long block = (long) (position / BLOCK % (capacity / BLOCK)) * heads + head;
    int in = position % BLOCK;
    return block * headSize * BLOCK
        + (kind == Kind.KEYS ? (long) channel * BLOCK + in : (long) in * headSize + channel);
  }
}
