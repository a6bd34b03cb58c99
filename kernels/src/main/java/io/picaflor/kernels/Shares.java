package io.picaflor.kernels;

/** Splits the outputs of a product into contiguous shares, one for each thread, where that pays. */
final class Shares {
  /** Borders of shares, so that no two threads write one cache line or make one slab. */
  static final int GRAIN = 64;

  /** Fewer multiply-adds than this are done sooner by one thread than two can be brought to it. */
  private static final long WORTH = 500_000;

  /** Computes the outputs {@code from <= n < to}. */
  @FunctionalInterface
  interface Share {
    void run(int from, int to);
  }

  private Shares() {}

  static boolean worthSplitting(long multiplyAdds) {
    return multiplyAdds >= WORTH;
  }

  /** @param costOfOne multiply-adds of one output */
  static void run(Workers workers, int outputs, long costOfOne, Share share) {
    int grains = Math.ceilDiv(outputs, GRAIN);
    int shares = worthSplitting(outputs * costOfOne) ? Math.min(workers.threads(), grains) : 1;
    if (shares == 1) {
      share.run(0, outputs);
      return;
    }
    workers.run(shares, i -> {
      int from = (int) ((long) grains * i / shares) * GRAIN;
      int to = (int) ((long) grains * (i + 1) / shares) * GRAIN;
      share.run(from, Math.min(to, outputs));
    });
  }
}
