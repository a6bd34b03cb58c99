package io.picaflor.kvcache;

import java.lang.foreign.MemorySegment;

/**
 * State that runs along with the tokens and has no slots of positions: what a short convolution or a recurrence keeps.
 *
 * <p>Each token overwrites it, so there is no way back but to the start, where it is zeros, and to snapshots.
 *
 * <p>Belongs to a {@link KvCache}, which frees it, and to one thread at a time.
 */
public final class StateBuffer {
  private final MemorySegment memory;
  private final MemorySegment snapshots;

  /** A state and its snapshots, of equal size, one after the other in memory that another one owns. */
  StateBuffer(long bytes, MemorySegment memory) {
    this.memory = memory.asSlice(0, bytes);
    this.snapshots = memory.asSlice(bytes);
  }

  /** The state; always the same segment. */
  public MemorySegment memory() {
    return memory;
  }

  void save(int slot) {
    MemorySegment.copy(memory, 0, snapshots, slot * memory.byteSize(), memory.byteSize());
  }

  void restore(int slot) {
    MemorySegment.copy(snapshots, slot * memory.byteSize(), memory, 0, memory.byteSize());
  }

  /** Takes over the state of another one of equal size. */
  void copyFrom(StateBuffer other) {
    memory.copyFrom(other.memory);
  }

  /** Takes over a snapshot of another one of equal size. */
  void copySnapshotFrom(StateBuffer other, int slot) {
    long bytes = memory.byteSize();
    MemorySegment.copy(other.snapshots, slot * bytes, snapshots, slot * bytes, bytes);
  }

  void clear() {
    memory.fill((byte) 0);
  }
}
