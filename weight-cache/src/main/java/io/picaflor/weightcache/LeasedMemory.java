package io.picaflor.weightcache;

import java.lang.foreign.Arena;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Memory that is freed when nobody holds a lease: machine code works with raw addresses, of which an arena knows nothing.
 *
 * <p>Taking and giving back is one atomic addition each and allocates nothing.
 */
final class LeasedMemory implements AutoCloseable {
  /** Set in {@link #state} once closing began; the other bits count the leases. */
  private static final long CLOSING = Long.MIN_VALUE;

  private final Arena arena;
  private final boolean collected;
  private final Lease lease = new Lease(this);
  private final AtomicLong state = new AtomicLong();
  private volatile Thread closer;
  private boolean closed; // guarded by this

  /** Memory of an arena that closing closes. */
  LeasedMemory(Arena arena) {
    this(arena, false);
  }

  private LeasedMemory(Arena arena, boolean collected) {
    this.arena = arena;
    this.collected = collected;
  }

  /**
   * Memory without content.
   *
   * @param collected whether it stays until nobody can reach it, whoever closes it
   */
  static LeasedMemory of(boolean collected) {
    return new LeasedMemory(collected ? Arena.ofAuto() : Arena.ofShared(), collected);
  }

  /** What the content is mapped or allocated with. */
  Arena arena() {
    return arena;
  }

  /**
   * Takes a lease.
   *
   * @throws IllegalStateException if the memory is closed or about to be
   */
  Lease acquire() {
    long seen;
    do {
      seen = state.get();
      if (seen < 0) {
        throw new IllegalStateException("packed blobs are closed");
      }
    } while (!state.compareAndSet(seen, seen + 1));
    return lease;
  }

  void release() {
    long seen;
    do {
      seen = state.get();
      if ((seen & ~CLOSING) == 0) {
        throw new IllegalStateException("lease: given back more often than taken");
      }
    } while (!state.compareAndSet(seen, seen - 1));
    Thread waiting = closer;
    if (seen - 1 == CLOSING && waiting != null) {
      LockSupport.unpark(waiting);
    }
  }

  /** Refuses new leases, waits for those that are out, then frees the memory. Idempotent. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closer = Thread.currentThread();
    state.getAndUpdate(s -> s | CLOSING);
    boolean interrupted = false;
    while (state.get() != CLOSING) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted();
    }
    if (!collected) {
      arena.close();
    }
    closed = true;
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
