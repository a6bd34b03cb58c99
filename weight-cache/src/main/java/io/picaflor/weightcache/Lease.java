package io.picaflor.weightcache;

/** Keeps packed blobs in memory until it is closed; one object stands for all leases of the same blobs, so none is made. */
public final class Lease implements AutoCloseable {
  private final LeasedMemory memory;

  Lease(LeasedMemory memory) {
    this.memory = memory;
  }

  /** Gives the lease back. As many calls as leases taken, by any thread. */
  @Override
  public void close() {
    memory.release();
  }
}
