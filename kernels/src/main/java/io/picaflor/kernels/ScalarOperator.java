package io.picaflor.kernels;

/**
 * An operator of the tier {@code scalar}: items of work, such as rows, in contiguous shares, one for each thread.
 *
 * <p>An item computes its results by itself and in one order, so neither the rows beside it nor the number of threads
 * matter.
 */
abstract class ScalarOperator implements Operator {
  private final Workers workers;
  private final Workers.Task task = this::runShare;

  /** Of the run that is under way; what is written before the workers start is visible to them. */
  private int items;

  private int shares;

  ScalarOperator(Workers workers) {
    this.workers = workers;
  }

  @Override
  public final void run(int rows, int position) {
    items = begin(rows, position);
    shares = Math.min(shareCount(), items);
    workers.run(shares, task);
  }

  private void runShare(int share) {
    int end = (int) ((long) items * (share + 1) / shares);
    for (int item = (int) ((long) items * share / shares); item < end; item++) {
      compute(item, share);
    }
  }

  /** The most shares there are: how many sets of scratch memory an operator needs. */
  final int shareCount() {
    return workers.threads();
  }

  /** Called before the items of a run; returns how many there are. */
  abstract int begin(int rows, int position);

  /**
   * Computes one item.
   *
   * @param share whose scratch memory to use; items of one share run one after the other
   */
  abstract void compute(int item, int share);
}
