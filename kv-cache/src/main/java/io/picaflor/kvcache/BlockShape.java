package io.picaflor.kvcache;

/**
 * The size of a buffer that has a slot for each position, cut into blocks of neighbouring positions.
 *
 * <p>Position {@code p} lies in block {@code p / positions % blocks}. With fewer positions than the context has, the buffer
 * is a ring: a new position takes the slot of an old one. What a block looks like inside is known to whoever fills it.
 *
 * @param blockBytes bytes of a block
 * @param positions positions of a block
 * @param blocks how many blocks there are
 * @param window how many positions a row looks at, itself included; {@link Integer#MAX_VALUE} for all
 */
public record BlockShape(long blockBytes, int positions, int blocks, int window) {
  public BlockShape {
    if (blockBytes < 1 || positions < 1 || blocks < 1 || window < 1
        || blocks > Integer.MAX_VALUE / positions || blocks > Long.MAX_VALUE / blockBytes) {
      throw new IllegalArgumentException("KV buffer: expected positive sizes that can be counted, found " + blocks
          + " blocks of " + positions + " positions and " + blockBytes + " bytes, window " + window);
    }
  }

  /** Room for every position of a context. */
  public static BlockShape full(long blockBytes, int positions, int contextLength) {
    return new BlockShape(blockBytes, positions, Math.ceilDiv(contextLength, positions), Integer.MAX_VALUE);
  }

  /**
   * A ring with room for {@code window + largestChunk + reserve} positions or a little more, where that is less than the
   * context; else room for all.
   *
   * @param window how many positions a row looks at, itself included
   * @param largestChunk the most positions that are filled by one step: their rows still look at what was before
   * @param reserve how many positions one can surely go back, even behind a step of the largest chunk that failed
   */
  public static BlockShape ring(
      long blockBytes, int positions, int window, int largestChunk, int reserve, int contextLength) {
    if (window < 1 || largestChunk < 1 || reserve < 0) {
      throw new IllegalArgumentException("ring: expected a positive window and chunk and a reserve, found " + window
          + ", " + largestChunk + ", " + reserve);
    }
    long needed = (long) window + largestChunk + reserve;
    int slots = (int) Math.min(needed, contextLength);
    return new BlockShape(blockBytes, positions, Math.ceilDiv(slots, positions), window);
  }

  /** Positions that there are slots for. */
  public int capacity() {
    return positions * blocks;
  }

  /** Bytes of all blocks. */
  public long bytes() {
    return blockBytes * blocks;
  }
}
