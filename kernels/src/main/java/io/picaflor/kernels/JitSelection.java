package io.picaflor.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.picaflor.codegen.VectorCall;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/** The largest values, as {@link ScalarSelection} defines them: machine code finds where they may be. */
final class JitSelection {
  /** Values whose largest one decides whether they are looked at one by one. */
  private static final int BLOCK = 64;
  /** Up to here an index is exact as a float32. */
  private static final int MOST_INDICES = 1 << 24;

  private final JitCode jit;

  JitSelection(JitCode jit) {
    this.jit = jit;
  }

  int argMax(MemorySegment values, int count) {
    if (count > MOST_INDICES) {
      return ScalarSelection.argMax(values, count);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment found = arena.allocate(8, 8);
      VectorCall call = new VectorCall(count, 1, arena).argument(0, values, 0, 0).argument(1, found, 0, 0);
      call.run(jit.program("arg max", JitPrograms::argMax), 0, 1);
      Reference.reachabilityFence(call);
      boolean number = found.getAtIndex(JAVA_FLOAT, 0) > Float.NEGATIVE_INFINITY;
      return number ? (int) found.getAtIndex(JAVA_FLOAT, 1) : ScalarSelection.argMax(values, count);
    }
  }

  boolean hasNaN(MemorySegment values, int count) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment found = arena.allocate(4, 4);
      VectorCall call = new VectorCall(count, 1, arena).argument(0, values, 0, 0).argument(1, found, 0, 0);
      call.run(jit.program("has NaN", JitPrograms::hasNaN), 0, 1);
      Reference.reachabilityFence(call);
      return Float.isNaN(found.get(JAVA_FLOAT, 0));
    }
  }

  /** Once k are found, blocks without a value above the least of them are skipped. */
  void topK(MemorySegment values, int count, int k, int[] indices, float[] largest) {
    int blocks = count / BLOCK;
    int begin = Math.min(Math.ceilDiv(k, BLOCK), blocks);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment largestOfBlocks = arena.allocate(4L * blocks + 4, 64);
      VectorCall call =
          new VectorCall(BLOCK, 1, arena).argument(0, values, 4L * BLOCK, 0).argument(1, largestOfBlocks, 4, 0);
      call.run(jit.program("largest", JitPrograms::largest), begin, blocks - begin);
      Reference.reachabilityFence(call);
      ScalarSelection.topK(values, 0, begin * BLOCK, k, indices, largest);
      for (int block = begin; block < blocks; block++) {
        float least = largest[k - 1];
        if (Float.isNaN(least) || largestOfBlocks.getAtIndex(JAVA_FLOAT, block) > least) {
          ScalarSelection.topK(values, block * BLOCK, (block + 1) * BLOCK, k, indices, largest);
        }
      }
      ScalarSelection.topK(values, blocks * BLOCK, count, k, indices, largest);
    }
  }
}
