package io.picaflor.kvcache;

import io.picaflor.kvcache.MemorySource.Region;
import java.lang.foreign.MemorySegment;

/**
 * The keys or the values of one layer: a slot for each position, or a ring of slots for the last ones.
 *
 * <p>Where memory takes room only when touched, all blocks have their addresses from the start. Else the buffer grows by
 * doubling, so {@link #memory} is asked for after each {@link KvCache#makeRoom}, and not kept.
 *
 * <p>Belongs to a {@link KvCache}, which frees it, and to one thread at a time.
 */
public final class PositionBuffer {
  private final BlockShape shape;
  private final boolean ring;
  private final MemorySource source;
  private Region region;
  private int blocksThere;

  /** The lowest position whose slot no later one has taken. */
  private int held;

  /** All blocks at once, in memory that another one owns. */
  PositionBuffer(BlockShape shape, int contextLength, MemorySegment memory) {
    this.shape = shape;
    this.ring = shape.capacity() < contextLength;
    this.source = MemorySource.allocated();
    this.region = new Region(memory, () -> {});
    this.blocksThere = shape.blocks();
  }

  /** Blocks as they are needed. */
  PositionBuffer(BlockShape shape, int contextLength, MemorySource source) {
    this.shape = shape;
    this.ring = shape.capacity() < contextLength;
    this.source = source;
    this.region = new Region(MemorySegment.NULL, () -> {});
  }

  /** The buffer's size. */
  public BlockShape shape() {
    return shape;
  }

  /** The blocks that there are so far, one after the other; zeros where nothing was written. */
  public MemorySegment memory() {
    return region.memory();
  }

  /** The most positions that a step may fill: each of its rows still finds its window. */
  int largestStep() {
    return ring ? shape.capacity() - shape.window() + 1 : Integer.MAX_VALUE;
  }

  /** Before positions {@code from} to {@code to} are written: blocks for them, and the loss of whose slots they take. */
  void makeRoom(int to) {
    int needed = Math.min(shape.blocks(), Math.ceilDiv(to, shape.positions()));
    if (needed > blocksThere) {
      grow((int) Math.min(shape.blocks(), Math.max(needed, 2L * blocksThere)));
    }
    held = Math.max(held, to - shape.capacity());
  }

  private void grow(int blocks) {
    Region grown = source.allocate(blocks * shape.blockBytes());
    MemorySegment.copy(region.memory(), 0, grown.memory(), 0, region.memory().byteSize());
    region.free().run();
    region = grown;
    blocksThere = blocks;
  }

  /** Whether the next row at this position would find all that it looks at. */
  boolean reaches(int position) {
    return reaches(position, held);
  }

  /** The same if rows were there from a position on. */
  boolean reaches(int position, int first) {
    return first == 0 || position - (long) shape.window() + 1 >= first;
  }

  /** The lowest position whose row is still there, if it was ever written. */
  int firstHeld() {
    return held;
  }

  /** Rows before a position were never written. */
  void lose(int before) {
    held = Math.max(held, before);
  }

  /** Takes over what another buffer of the same shape holds up to a position. */
  void copyFrom(PositionBuffer other, int position) {
    makeRoom(position);
    int filled = Math.min(shape.blocks(), Math.ceilDiv(position, shape.positions()));
    MemorySegment.copy(other.memory(), 0, memory(), 0, filled * shape.blockBytes());
    held = other.held;
  }

  /** After going back to the start: every slot is free again. */
  void restart() {
    held = 0;
  }

  void close() {
    region.free().run();
  }
}
