package io.picaflor.kernels;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.picaflor.codegen.Sha256Code;
import io.picaflor.platform.NativeCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The content hash by machine code, all stripes at once. The JDK's SHA-256 is fast only where C2 compiles, which a start that
 * runs machine code of ours leaves out.
 */
final class JitContentHash implements ContentHash {
  /** Copied at a time, for machine code must not read a file that may be cut; stays in the nearest caches. */
  private static final int STEP_BYTES = 1 << 15;

  private final MemorySegment code;
  private final int vectorBytes;

  /**
   * A hash by code for vectors of this size.
   *
   * @param code see {@link Sha256Code}
   */
  JitContentHash(MemorySegment code, int vectorBytes) {
    this.code = code;
    this.vectorBytes = vectorBytes;
  }

  @Override
  public byte[] hash(MemorySegment bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(HASH_BYTES, Sha256Code.ROW_BYTES);
      MemorySegment schedule = arena.allocate(Sha256Code.BLOCK_BYTES, Sha256Code.ROW_BYTES);
      MemorySegment step = arena.allocate(STEP_BYTES, Sha256Code.ROW_BYTES);
      int[] initial = Sha256Code.initialState();
      for (int i = 0; i < initial.length; i++) {
        fillRow(state, i, initial[i]);
      }
      for (long at = 0; at < bytes.byteSize(); at += STEP_BYTES) {
        long size = Math.min(STEP_BYTES, bytes.byteSize() - at);
        long units = Math.ceilDiv(size, UNIT_BYTES);
        MemorySegment.copy(bytes, at, step, 0, size);
        step.asSlice(size, units * UNIT_BYTES - size).fill((byte) 0);
        run(state, step, units, schedule);
      }
      run(state, padding(step, Math.ceilDiv(bytes.byteSize(), UNIT_BYTES)), 1, schedule);
      return state.toArray(JAVA_BYTE);
    }
  }

  /** What SHA-256 puts behind messages of so many whole blocks: a bit, zeros, and the number of bits. */
  private static MemorySegment padding(MemorySegment block, long blocks) {
    block.asSlice(0, Sha256Code.BLOCK_BYTES).fill((byte) 0);
    long bits = blocks * 512;
    fillRow(block, 0, 1 << 31);
    fillRow(block, 14, (int) (bits >>> 32));
    fillRow(block, 15, (int) bits);
    return block;
  }

  private static void fillRow(MemorySegment rows, int row, int value) {
    for (int i = 0; i < Sha256Code.MESSAGES; i++) {
      rows.setAtIndex(JAVA_INT, (long) row * Sha256Code.MESSAGES + i, value);
    }
  }

  private void run(MemorySegment state, MemorySegment blocks, long count, MemorySegment schedule) {
    for (int at = 0; at < Sha256Code.ROW_BYTES; at += vectorBytes) {
      NativeCalls.call(code, state.address() + at, blocks.address() + at, count, schedule.address(), 0, 0);
    }
  }
}
