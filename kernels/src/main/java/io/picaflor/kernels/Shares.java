package io.picaflor.kernels;

/** Splits the outputs of a product into contiguous shares, one for each thread, where that pays. */
final class Shares {
  /** Borders of shares, so that no two threads write one cache line or make one slab. */
  static final int GRAIN = 64;

  /** Fewer multiply-adds than this are done sooner by one thread than two can be brought to it. */
  private static final long WORTH = 500_000;

  private Shares() {}

  static boolean worthSplitting(long multiplyAdds) {
    return multiplyAdds >= WORTH;
  }

  /** @param costOfOne multiply-adds of one output */
  static void run(Workers workers, int outputs, long costOfOne, Workers.Range share) {
    if (worthSplitting(outputs * costOfOne)) {
      workers.share(outputs, GRAIN, share);
    } else {
      share.run(0, outputs);
    }
  }
}
