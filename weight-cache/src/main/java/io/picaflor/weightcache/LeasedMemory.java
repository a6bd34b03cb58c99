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

  private final Runnable free;
  private final Lease lease = new Lease(this);
  private final AtomicLong state = new AtomicLong();
  private volatile Thread closer;
  private boolean closed; // guarded by this

  /** Memory that {@code free} frees; it is run once. */
  LeasedMemory(Runnable free) {
    this.free = free;
  }

  /**
   * The memory of an arena.
   *
   * @param collected whether it stays until nobody can reach it, whoever closes it
   */
  static LeasedMemory of(Arena arena, boolean collected) {
    return new LeasedMemory(collected ? () -> {} : arena::close);
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
    free.run();
    closed = true;
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
