package io.picaflor.kernels;

/**
 * An operator of the tier {@code vector} that computes each row by itself: in contiguous shares, one for each thread, where
 * that pays.
 */
abstract class VectorRows implements Operator {
  /** Fewer values than this are done sooner by one thread than two can be brought to it. */
  private static final int WORTH = 1 << 14;

  private final Workers workers;
  private final int columns;
  private final Workers.Task task = this::computeShare;
  private int rows;
  private int shares;

  /** @param columns that a row takes work for */
  VectorRows(Workers workers, int columns) {
    this.workers = workers;
    this.columns = columns;
  }

  @Override
  public final void run(int rows, int position) {
    if (rows == 1 || (long) rows * columns < WORTH) {
      compute(0, rows);
      return;
    }
    this.rows = rows;
    shares = Math.min(workers.threads(), rows);
    workers.run(shares, task);
  }

  private void computeShare(int share) {
    compute((int) ((long) rows * share / shares), (int) ((long) rows * (share + 1) / shares));
  }

  /** Computes the rows {@code from <= m < to}. */
  abstract void compute(int from, int to);
}
