package io.picaflor.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Some rows of queries that share a head of keys and values, on their way from queries to results: loaded, scored block by
 * block, made probabilities, summed up panel by panel, stored.
 *
 * <p>A row is one head of one position. Rows that lie side by side are heads of one position first, then positions; {@link
 * KvTile#ROWS} of them run as a tile. A row's scores and sums are chains over its own positions in their order, so neither the
 * tile nor the group nor the thread that it is computed in changes a bit.
 *
 * <p>{@link #scores} and {@link #values} may be run by several threads at once on different blocks and columns; all else belongs
 * to one.
 */
final class AttentionGroup {
  /** Rows for which a block is read once: enough to hide that, and their scores stay in the second-level cache. */
  static final int ROWS = 32;

  private static final int TILE = KvTile.ROWS;
  private static final int BLOCK = KvLayout.BLOCK;

  private static final ThreadLocal<AttentionGroup> OF_THREAD = ThreadLocal.withInitial(AttentionGroup::new);

  private final int[] from = new int[ROWS];
  private final int[] to = new int[ROWS];
  private float[] queries = {};
  private float[] scores = {};
  private float[] sums = {};
  private float[] room = {};
  private VectorAttention of;
  private MemorySegment keys;
  private MemorySegment values;
  private int kvHead;
  private int first;
  private int position;
  private int rows;
  private int padded;
  private int firstBlock;
  private int endBlock;
  private int stride;
  private int sumStride;

  private AttentionGroup() {}

  static AttentionGroup ofThread() {
    return OF_THREAD.get();
  }

  /**
   * Takes rows and their queries, times the scale.
   *
   * @param first the first of them, counted over the heads of a position and then over positions
   * @param position the position of row 0
   */
  void load(VectorAttention of, int kvHead, int first, int rows, int position) {
    this.of = of;
    this.kvHead = kvHead;
    this.first = first;
    this.rows = rows;
    this.position = position;
    keys = of.keys().memory();
    values = of.values().memory();
    padded = rows % TILE == 1 ? rows : Math.ceilDiv(rows, TILE) * TILE;
    AttentionShape shape = of.shape();
    for (int r = 0; r < padded; r++) {
      int at = position + row(Math.min(r, rows - 1));
      from[r] = (int) Math.max(0, at - (long) shape.window() + 1);
      to[r] = at + 1;
    }
    firstBlock = from[0] / BLOCK;
    endBlock = Math.ceilDiv(to[rows - 1], BLOCK);
    stride = (endBlock - firstBlock) * BLOCK + Lanes.COUNT; // no power of two: rows shall not share the lines of a cache
    sumStride = Math.ceilDiv(shape.valueSize(), KvTile.WIDTH) * KvTile.WIDTH;
    scores = atLeast(scores, padded * stride);
    sums = atLeast(sums, ROWS * sumStride);
    queries = atLeast(queries, ROWS * shape.keySize());
    Arrays.fill(sums, 0, padded * sumStride, 0f);
    loadQueries(shape);
  }

  /** Which row of the operands a row of the group is of. */
  private int row(int r) {
    return (first + r) / of.headsOfKv();
  }

  private int head(int r) {
    return kvHead * of.headsOfKv() + (first + r) % of.headsOfKv();
  }

  private void loadQueries(AttentionShape shape) {
    Matrix q = of.q();
    int size = shape.keySize();
    for (int r = 0; r < padded; r++) {
      int real = Math.min(r, rows - 1);
      long at = q.index(row(real)) + (long) head(real) * size;
      MemorySegment.copy(q.memory(), ValueLayout.JAVA_FLOAT, 4 * at, queries, r * size, size);
    }
    for (int i = 0; i < padded * size; i++) {
      queries[i] *= shape.scale();
    }
  }

  /** How many blocks of positions the rows see. */
  int blocks() {
    return endBlock - firstBlock;
  }

  /** How many panels the values have. */
  int panels() {
    return sumStride / KvTile.WIDTH;
  }

  /** Multiplies queries with the keys of blocks {@code begin} to {@code end}, counted from the first that is seen. */
  void scores(int begin, int end) {
    KvPanel panel = KvPanel.ofThread();
    KvLayout layout = of.keys().layout();
    int size = of.shape().keySize();
    for (int block = firstBlock + begin; block < firstBlock + end; block++) {
      int column = (block - firstBlock) * BLOCK;
      for (int r = 0; r < padded; r++) {
        Arrays.fill(scores, r * stride + column, r * stride + column + BLOCK, 0f);
      }
      long start = layout.index(block * BLOCK, kvHead, 0);
      for (int c = 0; c < BLOCK; c += KvTile.WIDTH) {
        panel.take(keys, layout.precision(), start, BLOCK, c, 0, size);
        for (int r = 0; r < padded; r = next(r)) {
          if (sees(r, block)) {
            score(panel, r, size, r * stride + column + c);
          }
        }
      }
    }
  }

  private void score(KvPanel panel, int r, int size, int at) {
    if (isTile(r)) {
      panel.addRows(0, size, queries, r * size, size, scores, at, stride);
    } else {
      panel.addRow(0, size, queries, r * size, scores, at);
    }
  }

  private boolean isTile(int r) {
    return r + TILE <= padded;
  }

  /** The row after the tile that begins at row r. */
  private int next(int r) {
    return isTile(r) ? r + TILE : r + 1;
  }

  /** Whether a row of the tile sees a position of the block; the rows' windows are in order. */
  private boolean sees(int r, int block) {
    return to[next(r) - 1] > block * BLOCK && from[r] < (block + 1) * BLOCK;
  }

  /** Makes the scores of all rows probabilities. */
  void softmax() {
    float cap = of.shape().cap();
    for (int r = 0; r < rows; r++) {
      int at = r * stride;
      int begin = from[r] - firstBlock * BLOCK;
      int end = to[r] - firstBlock * BLOCK;
      if (cap != 0) {
        int whole = begin / Lanes.COUNT * Lanes.COUNT;
        room = atLeast(room, stride);
        VectorSoftmax.cap(scores, at + whole, at + Math.ceilDiv(end, Lanes.COUNT) * Lanes.COUNT, cap, room);
      }
      if (of.mask() != null) {
        addMask(of.mask(), row(r), from[r], to[r], at - firstBlock * BLOCK);
      }
      VectorSoftmax.run(scores, at, begin, end);
    }
  }

  private void addMask(Matrix mask, int row, int begin, int end, int at) {
    for (int p = begin; p < end; p++) {
      scores[at + p] += mask.memory().getAtIndex(ValueLayout.JAVA_FLOAT, mask.index(row) + p);
    }
  }

  /** Sums up the values of some panels, block by block. */
  void values(int begin, int end) {
    KvPanel panel = KvPanel.ofThread();
    KvLayout layout = of.values().layout();
    int lastSeen = to[rows - 1];
    for (int block = firstBlock; block < endBlock; block++) {
      int p = block * BLOCK;
      long start = layout.index(p, kvHead, 0);
      int low = Math.max(0, from[0] - p);
      int high = Math.min(BLOCK, lastSeen - p);
      for (int c = begin * KvTile.WIDTH; c < end * KvTile.WIDTH; c += KvTile.WIDTH) {
        panel.take(values, layout.precision(), start, of.shape().valueSize(), c, low, high);
        for (int r = 0; r < padded; r = next(r)) {
          addValues(panel, r, p, c);
        }
      }
    }
  }

  /**
   * The values of the block at position p for a tile: positions that all its rows see at once, those before and behind row by
   * row, so that each row touches what it sees and nothing else.
   */
  private void addValues(KvPanel panel, int r, int p, int column) {
    int last = next(r) - 1;
    if (of.mask() != null) {
      addWeighted(panel, r, Math.min(last, rows - 1), p, column);
      return;
    }
    int allFrom = from[last];
    int allTo = Math.max(allFrom, to[r]);
    if (from[r] < allFrom) {
      addEach(panel, r, last, p, column, 0, allFrom);
    }
    int begin = Math.max(allFrom, p);
    int end = Math.min(allTo, p + BLOCK);
    if (begin < end) {
      int x = r * stride + begin - firstBlock * BLOCK;
      int s = r * sumStride + column;
      if (last > r) {
        panel.addRows(begin - p, end - begin, scores, x, stride, sums, s, sumStride);
      } else {
        panel.addRow(begin - p, end - begin, scores, x, sums, s);
      }
    }
    if (to[last] > allTo) {
      addEach(panel, r, last, p, column, allTo, Integer.MAX_VALUE);
    }
  }

  private void addEach(KvPanel panel, int r, int last, int p, int column, int begin, int end) {
    for (int i = r; i <= last; i++) {
      int low = Math.max(Math.max(begin, from[i]), p);
      int high = Math.min(Math.min(end, to[i]), p + BLOCK);
      if (low < high) {
        int x = i * stride + low - firstBlock * BLOCK;
        panel.addRow(low - p, high - low, scores, x, sums, i * sumStride + column);
      }
    }
  }

  /** Row by row, without what the mask has left no weight: there, anything may lie. */
  private void addWeighted(KvPanel panel, int r, int last, int p, int column) {
    for (int i = r; i <= last; i++) {
      int at = i * stride - firstBlock * BLOCK;
      int end = Math.min(to[i], p + BLOCK);
      for (int begin = Math.max(from[i], p); begin < end; begin++) {
        int run = begin;
        while (run < end && scores[at + run] != 0) {
          run++;
        }
        if (run > begin) {
          panel.addRow(begin - p, run - begin, scores, at + begin, sums, i * sumStride + column);
          begin = run;
        }
      }
    }
  }

  /** Writes the results and lets go of the operator: the group lives as long as its thread. */
  void store() {
    Matrix y = of.y();
    int size = of.shape().valueSize();
    for (int r = 0; r < rows; r++) {
      long at = y.index(row(r)) + (long) head(r) * size;
      MemorySegment.copy(sums, r * sumStride, y.memory(), ValueLayout.JAVA_FLOAT, 4 * at, size);
    }
    of = null;
    keys = null;
    values = null;
  }

  private static float[] atLeast(float[] array, int size) {
    return array.length >= size ? array : new float[Math.max(size, 2 * array.length)];
  }
}
