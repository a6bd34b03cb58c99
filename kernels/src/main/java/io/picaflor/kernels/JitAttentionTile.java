package io.picaflor.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.picaflor.codegen.VectorCall;
import io.picaflor.platform.NativeCalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The scratch memory and the calls for one tile of attention: up to {@link FloatTile#MOST_ROWS} rows that share keys and
 * values. Belongs to one thread at a time.
 */
final class JitAttentionTile {
  private static final int BLOCK = KvLayout.BLOCK;

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

  private final int valuePasses;
  private final MemorySegment weightCode;
  private final MemorySegment scoreCall = Arena.ofAuto().allocate(FloatCall.BYTES, 64);
  private final MemorySegment valueCall = Arena.ofAuto().allocate(FloatCall.BYTES, 64);
  private final MemorySegment zeroCode;
  private final VectorCall weightCall;
  private final VectorCall zeroCall;
  /** For each row one number for each position from a border of blocks on. */
  private final MemorySegment scores;

  private final long scoreStride;
  /** The first and last element that each row sees, as float32. */
  private final MemorySegment limits = Arena.ofAuto().allocate(8L * FloatTile.MOST_ROWS, 64);

  /** Of the tile under way: the position of the scores' first element. */
  private int base;

  private int rows;
  private int kvHead;
  private long valueAddress;
  private long resultAddress;
  /** Whether results stand there that are added to. */
  private boolean begun;

  /** @param mask or {@code null} */
  JitAttentionTile(
      JitCode jit, AttentionShape shape, Matrix q, KvLayout keys, KvLayout values, Matrix mask, Matrix y) {
    this.shape = shape;
    this.q = q;
    this.keys = keys;
    this.values = values;
    this.mask = mask;
    this.y = y;
    boolean masked = mask != null;
    scoreCode = jit.floatTiles(keys.precision(), BLOCK, false);
    wholeChannels = shape.valueSize() / FloatTile.TAIL * FloatTile.TAIL;
    valuePasses = wholeChannels == 0 ? 0 : wholeChannels / jit.columnsOfPass(wholeChannels);
    // what a mask hides has the weight 0 and counts nothing
    valueCode = wholeChannels == 0 ? null : jit.floatTiles(values.precision(), wholeChannels, masked);
    tailCode = wholeChannels == shape.valueSize() ? null : jit.floatTiles(values.precision(), 0, masked);
    boolean capped = shape.cap() != 0;
    weightCode = jit.program(
        masked ? capped ? "capped masked weights" : "masked weights" : capped ? "capped weights" : "weights",
        () -> JitPrograms.weights(capped, masked));
    zeroCode = jit.program("zero", JitPrograms::zero);
    zeroCall = new VectorCall(shape.valueSize(), 1).argument(0, y.memory(), 4L * y.stride(), 0);
    long seen = Math.min(keys.capacity(), (long) shape.window() + FloatTile.MOST_ROWS);
    scoreStride = 4 * (seen + 2 * BLOCK);
    scores = Arena.ofAuto().allocate(scoreStride * FloatTile.MOST_ROWS, 64);
    weightCall = new VectorCall(1, 1).argument(0, scores, scoreStride, 0).argument(1, limits, 8, 0)
        .parameter(JitPrograms.SCORE_SCALE, shape.scale()).parameter(JitPrograms.SCORE_CAP, shape.cap());
    setScoreCall(jit);
    setValueCall();
  }

  private void setScoreCall(JitCode jit) {
    int columns = jit.columnsOfPass(BLOCK);
    scoreCall.set(JAVA_LONG, FloatCall.RIGHT_STEP, (long) BLOCK * keys.precision().bytes());
    scoreCall.set(JAVA_LONG, FloatCall.RIGHT_ADVANCE, keys.blockBytes() - (long) BLOCK * keys.precision().bytes());
    scoreCall.set(JAVA_LONG, FloatCall.RESULT_STRIDE, scoreStride);
    scoreCall.set(JAVA_LONG, FloatCall.INNER, shape.keySize());
    scoreCall.set(JAVA_LONG, FloatCall.PASSES, BLOCK / columns);
  }

  private void setValueCall() {
    valueCall.set(JAVA_LONG, FloatCall.LEFT_STRIDE, scoreStride);
    valueCall.set(JAVA_LONG, FloatCall.RIGHT_STEP, (long) shape.valueSize() * values.precision().bytes());
    valueCall.set(JAVA_LONG, FloatCall.GROUPS, 1);
    FloatCall.setTail(valueCall, shape.valueSize() - wholeChannels);
  }

  /** Some heads of one row. */
  void heads(int kvHead, int head, int count, int position, long keyAddress, long valueAddress) {
    tile(kvHead, q.memory().address() + 4L * head * shape.keySize(), 4L * shape.keySize(),
        y.memory().address() + 4L * head * shape.valueSize(), 4L * shape.valueSize(), 0, count, position, 0, keyAddress,
        valueAddress);
  }

  /** Some rows of one head. */
  void rows(
      int kvHead, int head, int first, int count, int position, long keyAddress, long valueAddress) {
    tile(kvHead, q.memory().address() + 4 * (q.index(first) + (long) head * shape.keySize()), 4L * q.stride(),
        y.memory().address() + 4 * (y.index(first) + (long) head * shape.valueSize()), 4L * y.stride(), first, count,
        position + first, 1, keyAddress, valueAddress);
  }

  /** @param step from one row's position to the next: 1, or 0 for heads of the same row */
  private void tile(
      int kvHead, long left, long leftStride, long result, long resultStride, int firstRow, int count, int position,
      int step, long keyAddress, long valueAddress) {
    this.kvHead = kvHead;
    this.valueAddress = valueAddress;
    rows = count;
    resultAddress = result;
    begun = false;
    scoreCall.set(JAVA_LONG, FloatCall.LEFT, left);
    scoreCall.set(JAVA_LONG, FloatCall.LEFT_STRIDE, leftStride);
    valueCall.set(JAVA_LONG, FloatCall.RESULT_STRIDE, resultStride);
    int lastPosition = position + step * (count - 1);
    base = first(position) / BLOCK * BLOCK;
    products(lastPosition, keyAddress);
    for (int row = 0; row < count; row++) {
      limits.setAtIndex(JAVA_FLOAT, 2L * row, first(position + step * row) - base);
      limits.setAtIndex(JAVA_FLOAT, 2L * row + 1, position + step * row - base);
    }
    if (mask != null) {
      weightCall.argument(2, mask.memory(), step * 4L * mask.stride(), 0);
      weightCall.offset(2, 4 * (mask.index(firstRow) + base));
    }
    weightCall.elements(lastPosition + 1 - base);
    weightCall.run(weightCode, 0, count);
    if (step == 0) {
      addValues(0, count, first(position), position + 1);
    } else {
      valuesOfRows(position, lastPosition);
    }
  }

  private int first(int position) {
    return (int) Math.max(0, position - (long) shape.window() + 1);
  }

  /** Products with whole blocks of keys; a ring is entered again at its start. */
  private void products(int lastPosition, long keyAddress) {
    int blocks = keys.capacity() / BLOCK;
    int end = lastPosition / BLOCK + 1;
    int block = base / BLOCK;
    while (block < end) {
      int inRing = block % blocks;
      int run = Math.min(end - block, blocks - inRing);
      scoreCall.set(JAVA_LONG, FloatCall.RIGHT,
          keyAddress + inRing * keys.blockBytes() + kvHead * (keys.blockBytes() / keys.heads()));
      scoreCall.set(JAVA_LONG, FloatCall.GROUPS, run);
      scoreCall.set(JAVA_LONG, FloatCall.RESULT, scores.address() + 4L * (block * BLOCK - base));
      NativeCalls.call(scoreCode[rows - 1], scoreCall.address(), 0, 0, 0, 0, 0);
      block += run;
    }
  }

  /**
   * What all rows see, together; what only some see, position by position: before it the first rows see some, behind it the
   * last ones.
   */
  private void valuesOfRows(int position, int lastPosition) {
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
    long headBytes = values.blockBytes() / values.heads();
    long result = resultAddress + row * valueCall.get(JAVA_LONG, FloatCall.RESULT_STRIDE);
    int at = from;
    while (at < to) {
      int in = at % BLOCK;
      int inner = Math.min(BLOCK - in, to - at);
      long block = at / BLOCK % blocks;
      valueCall.set(JAVA_LONG, FloatCall.LEFT, scores.address() + row * scoreStride + 4L * (at - base));
      long right = valueAddress + block * values.blockBytes() + kvHead * headBytes
          + (long) in * shape.valueSize() * values.precision().bytes();
      valueCall.set(JAVA_LONG, FloatCall.INNER, inner);
      valueCall.set(JAVA_LONG, FloatCall.KEEP, begun ? 1 : 0);
      if (valueCode != null) {
        addValues(valueCode[count - 1], valuePasses, right, result);
      }
      if (tailCode != null) {
        addValues(tailCode[count - 1], 1, right + (long) wholeChannels * values.precision().bytes(),
            result + 4L * wholeChannels);
      }
      begun = true;
      at += inner;
    }
  }

  private void addValues(MemorySegment code, int passes, long right, long result) {
    valueCall.set(JAVA_LONG, FloatCall.RIGHT, right);
    valueCall.set(JAVA_LONG, FloatCall.RESULT, result);
    valueCall.set(JAVA_LONG, FloatCall.PASSES, passes);
    NativeCalls.call(code, valueCall.address(), 0, 0, 0, 0, 0);
  }
}
