package io.picaflor.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Attention of the tier {@code jit}, for what each row sees of the positions and no more: products with keys, the softmax, products
 * with values, for some rows of one head or, of a single row, for the heads that share keys and values.
 *
 * <p>Row invariance: a row's products and sums are chains in the order of channels and positions, its softmax goes by blocks of
 * absolute positions, and positions that only other rows of a tile see are left out of its chains.
 */
final class JitAttention implements Operator {
  private final Workers workers;
  private final Workers.Range range = this::runTiles;
  private final AttentionShape shape;
  private final Matrix q;
  private final KvBuffer keys;
  private final KvBuffer values;
  private final Matrix mask;
  private final Matrix y;
  private final int headsPerKv;
  /** One for each thread; empty places are in use. */
  private final AtomicReferenceArray<JitAttentionTile> idle;

  private int rows;
  private int position;
  private long keyAddress;
  private long valueAddress;

  JitAttention(
      JitCode jit, Workers workers, AttentionShape shape, Matrix q, KvBuffer keys, KvBuffer values, Matrix mask,
      Matrix y) {
    this.workers = workers;
    this.shape = shape;
    this.q = q;
    this.keys = keys;
    this.values = values;
    this.mask = mask;
    this.y = y;
    headsPerKv = shape.heads() / shape.kvHeads();
    idle = new AtomicReferenceArray<>(workers.threads());
    for (int i = 0; i < idle.length(); i++) {
      idle.set(i, new JitAttentionTile(jit, shape, q, keys.layout(), values.layout(), mask, y));
    }
  }

  @Override
  public void run(int rows, int position) {
    this.rows = rows;
    this.position = position;
    MemorySegment keyMemory = keys.memory();
    MemorySegment valueMemory = values.memory();
    keyAddress = keyMemory.address();
    valueAddress = valueMemory.address();
    workers.share(tilesOfHeads() * tilesOfRows(), 1, range);
    Reference.reachabilityFence(keyMemory);
    Reference.reachabilityFence(valueMemory);
    Reference.reachabilityFence(q);
    Reference.reachabilityFence(mask);
    Reference.reachabilityFence(y);
  }

  private boolean acrossHeads() {
    return rows == 1;
  }

  /** Tiles beside each other: heads one by one, or by groups that have the same keys. */
  private int tilesOfHeads() {
    return acrossHeads()
        ? shape.kvHeads() * Math.ceilDiv(headsPerKv, FloatTile.MOST_ROWS)
        : shape.heads();
  }

  private int tilesOfRows() {
    return Math.ceilDiv(rows, FloatTile.MOST_ROWS);
  }

  private void runTiles(int from, int to) {
    int place = 0;
    JitAttentionTile tile = null;
    while (tile == null) { // there are as many as threads, so one is idle
      place = (place + 1) % idle.length();
      tile = idle.getAndSet(place, null);
    }
    try {
      for (int i = from; i < to; i++) {
        if (acrossHeads()) {
          int tiles = Math.ceilDiv(headsPerKv, FloatTile.MOST_ROWS);
          int first = FloatTile.MOST_ROWS * (i % tiles);
          int kvHead = i / tiles;
          tile.heads(kvHead, kvHead * headsPerKv + first, Math.min(FloatTile.MOST_ROWS, headsPerKv - first), position,
              keyAddress, valueAddress);
        } else { // the last rows see most, so they come first
          int first = FloatTile.MOST_ROWS * (tilesOfRows() - 1 - i / shape.heads());
          int head = i % shape.heads();
          tile.rows(head / headsPerKv, head, first, Math.min(FloatTile.MOST_ROWS, rows - first), position, keyAddress,
              valueAddress);
        }
      }
    } finally {
      idle.set(place, tile);
    }
  }
}
