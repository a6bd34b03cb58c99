package io.picaflor.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * Attention of the tier {@code jit}, for what each row sees of the positions and no more: products with keys, the softmax, products
 * with values, for some rows of one head or, of a single row, for the heads that share keys and values.
 *
 * <p>Threads share tiles of rows. Of a single row they share blocks of positions, then heads, then passes over channels: each of
 * them is a sum of its own, so the results are the same bits.
 *
 * <p>Row invariance: a row's products and sums are chains in the order of channels and positions, its softmax goes by blocks of
 * absolute positions, and positions that only other rows of a tile see are left out of its chains.
 */
final class JitAttention implements Operator {
  /** Fewer multiply-adds of one row are done sooner by one thread than two can be brought to them three times. */
  private static final long WORTH_SHARING = 200_000;

  private final Workers workers;
  private final Workers.Range range = this::runTiles;
  private final Share scores = (tile, from, to) -> tile.scores(from, to, this.keyAddress);
  private final Share weights = (tile, _, _) -> tile.weights();
  private final Share products = (tile, from, to) -> tile.values(from, to, this.valueAddress);
  private final Workers.Range shareRange = this::runShares;
  private final AttentionShape shape;
  private final Matrix q;
  private final KvBuffer keys;
  private final KvBuffer values;
  private final Matrix mask;
  private final Matrix y;
  private final int headsPerKv;
  /** Tiles that the heads of one position with the same keys make. */
  private final int tilesPerKv;
  private final Spares<Part> parts;

  private int rows;
  private int position;
  private Share share;
  private int sharesOfTile;
  private long keyAddress;
  private long valueAddress;

  /** What a thread computes with, and the place for scores that is its own while threads share tiles. */
  private record Part(JitAttentionTile tile, int place) {}

  /** What is shared of a tile's work: some of its blocks or passes. */
  private interface Share {
    void run(JitAttentionTile tile, int from, int to);
  }

  /** @param mask or {@code null} */
  JitAttention(JitCode jit, Workers workers, JitScratch scratch, AttentionShape shape, Matrix q, KvBuffer keys,
      KvBuffer values, Matrix mask, Matrix y) {
    this.workers = workers;
    this.shape = shape;
    this.q = q;
    this.keys = keys;
    this.values = values;
    this.mask = mask;
    this.y = y;
    headsPerKv = shape.heads() / shape.kvHeads();
    tilesPerKv = Math.ceilDiv(headsPerKv, FloatTile.MOST_ROWS);
    int places = Math.max(workers.threads(), shape.kvHeads() * tilesPerKv);
    MemorySegment scores = scratch.of(places * JitAttentionTile.bytes(shape, keys.layout()));
    parts = new Spares<>(workers,
        i -> new Part(new JitAttentionTile(jit, shape, q, keys.layout(), values.layout(), mask, y, scores), i));
  }

  @Override
  public void run(int rows, int position) {
    this.rows = rows;
    this.position = position;
    MemorySegment keyMemory = keys.memory();
    MemorySegment valueMemory = values.memory();
    keyAddress = keyMemory.address();
    valueAddress = valueMemory.address();
    if (rows > 1) {
      workers.share(shape.heads() * tilesOfRows(), 1, range);
    } else if (worthSharing()) {
      shareRow();
    } else {
      runTiles(0, tilesOfHeads());
    }
    Reference.reachabilityFence(keyMemory);
    Reference.reachabilityFence(valueMemory);
    Reference.reachabilityFence(q);
    Reference.reachabilityFence(mask);
    Reference.reachabilityFence(y);
  }

  private boolean worthSharing() {
    long seen = Math.min(position + 1L, shape.window());
    return workers.threads() > 1
        && seen * shape.heads() * (shape.keySize() + shape.valueSize()) >= WORTH_SHARING;
  }

  private void shareRow() {
    Part part = parts.take();
    takeHeads(part.tile, 0, 0);
    int blocks = part.tile.blocks();
    int passes = part.tile.passes();
    parts.giveBack(part);
    share(scores, blocks);
    share(weights, 1);
    share(products, passes);
  }

  private void share(Share work, int ofTile) {
    share = work;
    sharesOfTile = ofTile;
    workers.share(tilesOfHeads() * ofTile, 1, shareRange);
  }

  /** Of a single row: heads in groups that have the same keys. */
  private int tilesOfHeads() {
    return shape.kvHeads() * tilesPerKv;
  }

  private int tilesOfRows() {
    return Math.ceilDiv(rows, FloatTile.MOST_ROWS);
  }

  private void takeHeads(JitAttentionTile tile, int place, int number) {
    int first = FloatTile.MOST_ROWS * (number % tilesPerKv);
    int kvHead = number / tilesPerKv;
    tile.takeHeads(place, kvHead, kvHead * headsPerKv + first, Math.min(FloatTile.MOST_ROWS, headsPerKv - first),
        position);
  }

  /** The last rows see most, so they come first. */
  private void takeRows(JitAttentionTile tile, int place, int number) {
    int first = FloatTile.MOST_ROWS * (tilesOfRows() - 1 - number / shape.heads());
    int head = number % shape.heads();
    tile.takeRows(place, head / headsPerKv, head, first, Math.min(FloatTile.MOST_ROWS, rows - first), position);
  }

  private void runTiles(int from, int to) {
    Part part = parts.take();
    try {
      for (int i = from; i < to; i++) {
        if (rows == 1) {
          takeHeads(part.tile, part.place, i);
        } else {
          takeRows(part.tile, part.place, i);
        }
        part.tile.run(keyAddress, valueAddress);
      }
    } finally {
      parts.giveBack(part);
    }
  }

  /** Runs shares that are counted over all tiles of the row. */
  private void runShares(int from, int to) {
    Part part = parts.take();
    try {
      int at = from;
      while (at < to) {
        int number = at / sharesOfTile;
        int first = at % sharesOfTile;
        int end = Math.min(sharesOfTile, first + to - at);
        takeHeads(part.tile, number, number);
        share.run(part.tile, first, end);
        at += end - first;
      }
    } finally {
      parts.giveBack(part);
    }
  }
}
