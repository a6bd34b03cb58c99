package io.picaflor.weightcache;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** A few buffers for packing threads; who finds none waits, so many threads do not take much memory. */
final class BlockBuffers implements AutoCloseable {
  /** At most 64 MB in all, with the largest blocks. */
  private static final int MOST = 8;

  private final Arena arena = Arena.ofShared();
  private final LinkedBlockingQueue<MemorySegment> free = new LinkedBlockingQueue<>();
  private final AtomicInteger left = new AtomicInteger(MOST);
  private final int bytes;

  /** Buffers of this size, which are allocated as they are asked for. */
  BlockBuffers(int bytes) {
    this.bytes = bytes;
  }

  MemorySegment take() {
    MemorySegment buffer = free.poll();
    if (buffer != null) {
      return buffer;
    }
    if (left.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
      return arena.allocate(bytes, CacheFormat.MAX_BLOB_ALIGNMENT);
    }
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return free.take();
        } catch (InterruptedException _) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  void giveBack(MemorySegment buffer) {
    free.add(buffer);
  }

  /** Frees all; nobody may hold one. */
  @Override
  public void close() {
    arena.close();
  }
}
