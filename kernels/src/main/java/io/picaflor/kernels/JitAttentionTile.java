package io.picaflor.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.picaflor.codegen.VectorCall;
import io.picaflor.platform.NativeCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The calls for one tile of attention: up to {@link FloatTile#MOST_ROWS} rows that share keys and values. Belongs to one thread at
 * a time.
 *
 * <p>A tile is taken, then it has products with keys by blocks of positions, weights, and products with values by passes of
 * channels. Several threads may have taken the same tile and compute different blocks and passes of it.
 */
final class JitAttentionTile {
  private static final int BLOCK = KvLayout.BLOCK;
  /** Positions or channels ahead that are asked of memory, some kilobytes. */
  private static final int AHEAD = 16;

  private final AttentionShape shape;
  private final Matrix q;
  private final KvLayout keys;
  private final KvLayout values;
  private final Matrix mask;
  private final Matrix y;
  private final MemorySegment[] scoreCode;
  /** For the channels of values that are whole vectors, and for the others; {@code null} where there are none. */
  private final MemorySegment[] valueCode;

  private final MemorySegment[] tailCode;
  /** Channels of values that {@link #valueCode} is for, and its passes. */
  private final int wholeChannels;

  private final int wholePasses;
  private final MemorySegment weightCode;
  private final MemorySegment scoreCall = Arena.ofAuto().allocate(FloatCall.BYTES, 64);
  private final MemorySegment valueCall = Arena.ofAuto().allocate(FloatCall.BYTES, 64);
  private final MemorySegment zeroCode;
  private final VectorCall weightCall;
  private final VectorCall zeroCall;
  /** Places for tiles, and for each row of a tile one number for each position from a border of blocks on. */
  private final MemorySegment scores;

  private final long scoreStride;
  private final int columnsOfPass;
  /** The first and last element that each row sees, as float32. */
  private final MemorySegment limits = Arena.ofAuto().allocate(8L * FloatTile.MOST_ROWS, 64);

  // of the tile that was taken
  private int place;
  /** In the matrices; 0 for heads of the same row. */
  private int firstRow;
  private int kvHead;
  private int rows;
  /** Of the first row. */
  private int position;
  /** From one row's position to the next: 1, or 0 for heads of the same row. */
  private int step;
  /** The position of the scores' first element. */
  private int base;
  private long resultAddress;
  private long resultStride;
  // of the products with values under way
  private long headAddress;
  private int fromPass;
  private int toPass;
  /** Whether results stand there that are added to. */
  private boolean begun;

  /**
   * Makes a tile.
   *
   * @param mask or {@code null}
   * @param scores for several tiles, see {@link #bytes}
   */
  JitAttentionTile(
      JitCode jit, AttentionShape shape, Matrix q, KvLayout keys, KvLayout values, Matrix mask, Matrix y,
      MemorySegment scores) {
    this.shape = shape;
    this.q = q;
    this.keys = keys;
    this.values = values;
    this.mask = mask;
    this.y = y;
    this.scores = scores;
    boolean masked = mask != null;
    scoreCode = jit.floatTiles(keys.precision(), BLOCK, false);
    wholeChannels = shape.valueSize() / FloatTile.TAIL * FloatTile.TAIL;
    columnsOfPass = wholeChannels == 0 ? 0 : jit.columnsOfPass(wholeChannels);
    wholePasses = wholeChannels == 0 ? 0 : wholeChannels / columnsOfPass;
    // what a mask hides has the weight 0 and counts nothing
    valueCode = wholeChannels == 0 ? null : jit.floatTiles(values.precision(), wholeChannels, masked);
    tailCode = wholeChannels == shape.valueSize() ? null : jit.floatTiles(values.precision(), 0, masked);
    boolean capped = shape.cap() != 0;
    weightCode = jit.program(
        masked ? capped ? "capped masked weights" : "masked weights" : capped ? "capped weights" : "weights",
        () -> JitPrograms.weights(capped, masked));
    zeroCode = jit.program("zero", JitPrograms::zero);
    zeroCall = new VectorCall(shape.valueSize(), 1).argument(0, y.memory(), 4L * y.stride(), 0);
    scoreStride = bytes(shape, keys) / FloatTile.MOST_ROWS;
    weightCall = new VectorCall(1, 1).argument(0, scores, scoreStride, 0).argument(1, limits, 8, 0)
        .parameter(JitPrograms.SCORE_SCALE, shape.scale()).parameter(JitPrograms.SCORE_CAP, shape.cap());
    setScoreCall(jit);
    setValueCall();
  }

  /** Bytes of the scores of a tile. */
  static long bytes(AttentionShape shape, KvLayout keys) {
    long seen = Math.min(keys.capacity(), (long) shape.window() + FloatTile.MOST_ROWS);
    return 4 * (seen + 2 * BLOCK) * FloatTile.MOST_ROWS;
  }

  private void setScoreCall(JitCode jit) {
    int columns = jit.columnsOfPass(BLOCK);
    long stepBytes = (long) BLOCK * keys.precision().bytes();
    scoreCall.set(JAVA_LONG, FloatCall.RIGHT_STEP, stepBytes);
    scoreCall.set(JAVA_LONG, FloatCall.RIGHT_ADVANCE, keys.blockBytes() - stepBytes);
    scoreCall.set(JAVA_LONG, FloatCall.PREFETCH, AHEAD * stepBytes);
    scoreCall.set(JAVA_LONG, FloatCall.RESULT_STRIDE, scoreStride);
    scoreCall.set(JAVA_LONG, FloatCall.INNER, shape.keySize());
    scoreCall.set(JAVA_LONG, FloatCall.PASSES, BLOCK / columns);
  }

  private void setValueCall() {
    long stepBytes = (long) shape.valueSize() * values.precision().bytes();
    valueCall.set(JAVA_LONG, FloatCall.LEFT_STRIDE, scoreStride);
    valueCall.set(JAVA_LONG, FloatCall.RIGHT_STEP, stepBytes);
    valueCall.set(JAVA_LONG, FloatCall.PREFETCH, AHEAD * stepBytes);
    valueCall.set(JAVA_LONG, FloatCall.GROUPS, 1);
    FloatCall.setTail(valueCall, shape.valueSize() - wholeChannels);
  }

  /**
   * Takes some heads of one row.
   *
   * @param place of the scores
   */
  void takeHeads(int place, int kvHead, int head, int count, int position) {
    firstRow = 0;
    take(place, kvHead, count, position, 0, 4L * head * shape.keySize(), 4L * shape.keySize(),
        4L * head * shape.valueSize(), 4L * shape.valueSize());
  }

  /** Takes some rows of one head. */
  void takeRows(int place, int kvHead, int head, int first, int count, int position) {
    firstRow = first;
    take(place, kvHead, count, position + first, 1, 4 * (q.index(first) + (long) head * shape.keySize()),
        4L * q.stride(), 4 * (y.index(first) + (long) head * shape.valueSize()), 4L * y.stride());
  }

  private void take(int place, int kvHead, int count, int position, int step, long left, long leftStride, long result,
      long resultStride) {
    this.place = place;
    this.kvHead = kvHead;
    this.position = position;
    this.step = step;
    this.resultStride = resultStride;
    rows = count;
    base = first(position) / BLOCK * BLOCK;
    resultAddress = y.memory().address() + result;
    scoreCall.set(JAVA_LONG, FloatCall.LEFT, q.memory().address() + left);
    scoreCall.set(JAVA_LONG, FloatCall.LEFT_STRIDE, leftStride);
    valueCall.set(JAVA_LONG, FloatCall.RESULT_STRIDE, resultStride);
  }

  /** All of the tile. */
  void run(long keyAddress, long valueAddress) {
    scores(0, blocks(), keyAddress);
    weights();
    values(0, passes(), valueAddress);
  }

  private int first(int position) {
    return (int) Math.max(0, position - (long) shape.window() + 1);
  }

  private int lastPosition() {
    return position + step * (rows - 1);
  }

  private long scoresAddress() {
    return scores.address() + place * scoreStride * FloatTile.MOST_ROWS;
  }

  /** Blocks of positions that a row of the tile sees. */
  int blocks() {
    return (lastPosition() - base) / BLOCK + 1;
  }

  /** Passes over the channels of values. */
  int passes() {
    return tailCode == null ? wholePasses : wholePasses + 1;
  }

  /** Products with whole blocks of keys; a ring is entered again at its start. */
  void scores(int fromBlock, int toBlock, long keyAddress) {
    int blocks = keys.capacity() / BLOCK;
    int block = fromBlock;
    while (block < toBlock) {
      int inRing = (base / BLOCK + block) % blocks;
      int run = Math.min(toBlock - block, blocks - inRing);
      scoreCall.set(JAVA_LONG, FloatCall.RIGHT,
          keyAddress + inRing * keys.blockBytes() + kvHead * (keys.blockBytes() / keys.heads()));
      scoreCall.set(JAVA_LONG, FloatCall.GROUPS, run);
      scoreCall.set(JAVA_LONG, FloatCall.RESULT, scoresAddress() + 4L * block * BLOCK);
      NativeCalls.call(scoreCode[rows - 1], scoreCall.address(), 0, 0, 0, 0, 0);
      block += run;
    }
  }

  /** Makes all scores weights. */
  void weights() {
    for (int row = 0; row < rows; row++) {
      limits.setAtIndex(JAVA_FLOAT, 2L * row, first(position + step * row) - base);
      limits.setAtIndex(JAVA_FLOAT, 2L * row + 1, position + step * row - base);
    }
    weightCall.offset(0, scoresAddress() - scores.address());
    if (mask != null) {
      weightCall.argument(2, mask.memory(), step * 4L * mask.stride(), 0);
      weightCall.offset(2, 4 * (mask.index(firstRow) + base));
    }
    weightCall.elements(lastPosition() + 1 - base);
    weightCall.run(weightCode, 0, rows);
  }

  /** Products with values in some passes; those of several rows take all of them. */
  void values(int fromPass, int toPass, long valueAddress) {
    this.fromPass = fromPass;
    this.toPass = toPass;
    headAddress = valueAddress + kvHead * (values.blockBytes() / values.heads());
    begun = false;
    if (step == 0) {
      addValues(0, rows, first(position), position + 1);
    } else {
      valuesOfRows();
    }
  }

  /**
   * What all rows see, together; what only some see, position by position: before it the first rows see some, behind it the
   * last ones.
   */
  private void valuesOfRows() {
    int lastPosition = lastPosition();
    if (first(position) != first(lastPosition)) { // not all rows begin with the first products
      zeroCall.offset(0, resultAddress - y.memory().address());
      zeroCall.run(zeroCode, 0, rows);
      begun = true;
    }
    int at = first(position);
    while (at <= lastPosition) {
      int from = Math.max(0, at - position);
      int to = rows;
      while (first(position + to - 1) > at) {
        to--;
      }
      int end = from == 0 && to == rows ? position + 1 : at + 1;
      addValues(from, to - from, at, end);
      at = end;
    }
  }

  /** Adds some positions' values to some rows of the tile, block by block. */
  private void addValues(int row, int count, int from, int to) {
    int blocks = values.capacity() / BLOCK;
    int wholeEnd = Math.min(toPass, wholePasses);
    int at = from;
    while (at < to) {
      int in = at % BLOCK;
      int inner = Math.min(BLOCK - in, to - at);
      long block = at / BLOCK % blocks;
      valueCall.set(JAVA_LONG, FloatCall.LEFT, scoresAddress() + row * scoreStride + 4L * (at - base));
      valueCall.set(JAVA_LONG, FloatCall.INNER, inner);
      valueCall.set(JAVA_LONG, FloatCall.KEEP, begun ? 1 : 0);
      long right = headAddress + block * values.blockBytes()
          + (long) in * shape.valueSize() * values.precision().bytes();
      if (fromPass < wholeEnd) {
        addValues(valueCode[count - 1], wholeEnd - fromPass, row, fromPass * columnsOfPass, right);
      }
      if (wholeEnd < toPass) {
        addValues(tailCode[count - 1], 1, row, wholeChannels, right);
      }
      begun = true;
      at += inner;
    }
  }

  private void addValues(MemorySegment code, int passes, int row, int column, long right) {
    valueCall.set(JAVA_LONG, FloatCall.RIGHT, right + (long) column * values.precision().bytes());
    valueCall.set(JAVA_LONG, FloatCall.RESULT, resultAddress + row * resultStride + 4L * column);
    valueCall.set(JAVA_LONG, FloatCall.PASSES, passes);
    NativeCalls.call(code, valueCall.address(), 0, 0, 0, 0, 0);
  }
}
