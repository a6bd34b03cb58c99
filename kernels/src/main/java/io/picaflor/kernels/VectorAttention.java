package io.picaflor.kernels;

/**
 * {@link Operators#attention} of the tier {@code vector}.
 *
 * <p>Threads share groups of rows. Where there are fewer of them than threads, as when one token is decoded, they share the
 * blocks and the channels of a group instead: each is a sum of its own, so the results are the same bits.
 */
final class VectorAttention implements Operator {
  private final AttentionShape shape;
  private final Matrix q;
  private final KvBuffer keys;
  private final KvBuffer values;
  private final Matrix mask;
  private final Matrix y;
  private final Workers workers;
  private final Workers.Task groupTask = this::runGroup;
  private final Workers.Range scoreRange = this::runScores;
  private final Workers.Range valueRange = this::runValues;
  private int rows;
  private int position;
  private int groups;
  private AttentionGroup shared;

  VectorAttention(
      AttentionShape shape, Matrix q, KvBuffer keys, KvBuffer values, Matrix mask, Matrix y, Workers workers) {
    this.shape = shape;
    this.q = q;
    this.keys = keys;
    this.values = values;
    this.mask = mask;
    this.y = y;
    this.workers = workers;
  }

  AttentionShape shape() {
    return shape;
  }

  Matrix q() {
    return q;
  }

  KvBuffer keys() {
    return keys;
  }

  KvBuffer values() {
    return values;
  }

  Matrix mask() {
    return mask;
  }

  Matrix y() {
    return y;
  }

  /** Heads of queries that share a head of keys. */
  int headsOfKv() {
    return shape.heads() / shape.kvHeads();
  }

  @Override
  public void run(int rows, int position) {
    this.rows = rows;
    this.position = position;
    groups = Math.ceilDiv(rows * headsOfKv(), AttentionGroup.ROWS);
    int tasks = groups * shape.kvHeads();
    if (!worthSplitting()) {
      for (int i = 0; i < tasks; i++) {
        runGroup(i);
      }
    } else if (tasks >= workers.threads()) {
      workers.run(tasks, groupTask);
    } else {
      for (int i = 0; i < tasks; i++) {
        runShared(i);
      }
    }
  }

  private boolean worthSplitting() {
    long seen = Math.min((long) position + rows, shape.window());
    return workers.threads() > 1
        && Shares.worthSplitting(seen * rows * shape.heads() * (shape.keySize() + shape.valueSize()));
  }

  private AttentionGroup load(int index) {
    AttentionGroup group = AttentionGroup.ofThread();
    int kvHead = index % shape.kvHeads();
    int number = groups - 1 - index / shape.kvHeads(); // the last rows see most: they come first
    int first = number * AttentionGroup.ROWS;
    group.load(this, kvHead, first, Math.min(AttentionGroup.ROWS, rows * headsOfKv() - first), position);
    return group;
  }

  private void runGroup(int index) {
    AttentionGroup group = load(index);
    group.scores(0, group.blocks());
    group.softmax();
    group.values(0, group.panels());
    group.store();
  }

  private void runShared(int index) {
    AttentionGroup group = load(index);
    shared = group;
    workers.share(group.blocks(), 1, scoreRange);
    group.softmax();
    workers.share(group.panels(), 1, valueRange);
    shared = null;
    group.store();
  }

  private void runScores(int from, int to) {
    shared.scores(from, to);
  }

  private void runValues(int from, int to) {
    shared.values(from, to);
  }
}
