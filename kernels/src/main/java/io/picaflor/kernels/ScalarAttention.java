package io.picaflor.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.picaflor.quantization.BFloat16;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * {@link Operators#attention} of the tier {@code scalar}.
 *
 * <p>For each row and head, over the positions j from the first that the window shows to the row's own, in their order; one
 * rounding to float32 for each operation ({@code ../reference/FORMATS.md}, 5.6 to 5.8):
 *
 * <pre>
 * s[j]   = fma(q[c], k[j][c], ...)      a chain over the channels c that starts at 0
 * s[j]   = s[j] * scale
 * s[j]   = tanh(s[j] / cap) * cap       where there is a cap
 * s[j]   = s[j] + mask[j]               where there is a mask
 * e[j]   = exp(s[j] - max(s))           below -104 it is 0
 * sum    = e[0] + e[1] + ...            in double
 * w[j]   = e[j] * (1 / sum)
 * y[c]   = fma(w[j], v[j][c], ...)      a chain over the positions that starts at 0
 * </pre>
 *
 * <p>A position with weight 0 is left out of the last chain, so what lies there under a mask of minus infinity does not
 * matter, be it NaN. A row whose scores are all minus infinity is NaN, as LiteRT's is. Other tiers accumulate in blocks of
 * absolute positions and may differ in the last bits.
 */
final class ScalarAttention extends ScalarOperator {
  private final AttentionShape shape;
  private final Matrix q;
  private final KvBuffer keys;
  private final KvBuffer values;
  private final KvLayout keyLayout;
  private final KvLayout valueLayout;
  private final Matrix mask;
  private final Matrix y;
  private final float[][] scoreScratch;
  private final float[][] sumScratch;
  private MemorySegment keyMemory;
  private MemorySegment valueMemory;
  private int position;

  ScalarAttention(
      Workers workers, AttentionShape shape, Matrix q, KvBuffer keys, KvBuffer values, Matrix mask, Matrix y) {
    super(workers);
    this.shape = shape;
    this.q = q;
    this.keys = keys;
    this.values = values;
    this.mask = mask;
    this.y = y;
    keyLayout = keys.layout();
    valueLayout = values.layout();
    scoreScratch = new float[shareCount()][Math.min(keyLayout.capacity(), shape.window())];
    sumScratch = new float[shareCount()][shape.valueSize()];
  }

  @Override
  int begin(int rows, int position) {
    this.position = position;
    keyMemory = keys.memory();
    valueMemory = values.memory();
    return rows * shape.heads();
  }

  @Override
  void compute(int item, int share) {
    int row = item / shape.heads();
    int head = item % shape.heads();
    int kvHead = head / (shape.heads() / shape.kvHeads());
    int last = position + row;
    int first = Math.max(0, last - shape.window() + 1);
    float[] weights = scoreScratch[share];
    int count = last - first + 1;
    for (int i = 0; i < count; i++) {
      float score = capped(dot(row, head, kvHead, first + i) * shape.scale());
      weights[i] = mask == null ? score : score + mask.memory().getAtIndex(JAVA_FLOAT, mask.index(row) + first + i);
    }
    softmax(weights, count);
    addValues(weights, count, first, kvHead, sumScratch[share]);
    long to = y.index(row) + (long) head * shape.valueSize();
    MemorySegment.copy(sumScratch[share], 0, y.memory(), JAVA_FLOAT, 4 * to, shape.valueSize());
  }

  private float dot(int row, int head, int kvHead, int at) {
    long left = q.index(row) + (long) head * shape.keySize();
    float sum = 0f;
    for (int c = 0; c < shape.keySize(); c++) {
      float key = number(keyMemory, keyLayout, keyLayout.index(at, kvHead, c));
      sum = Math.fma(q.memory().getAtIndex(JAVA_FLOAT, left + c), key, sum);
    }
    return sum;
  }

  private float capped(float score) {
    return shape.cap() == 0 ? score : (float) Math.tanh(score / shape.cap()) * shape.cap();
  }

  private static void softmax(float[] scores, int count) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < count; i++) {
      max = Math.max(max, scores[i]);
    }
    double sum = 0;
    for (int i = 0; i < count; i++) {
      float difference = scores[i] - max;
      // Below -104 the exponential is less than half of the smallest float.
      scores[i] = difference < -104 ? 0f : (float) Math.exp(difference);
      sum += scores[i];
    }
    float factor = 1 / (float) sum;
    for (int i = 0; i < count; i++) {
      scores[i] *= factor;
    }
  }

  private void addValues(float[] weights, int count, int first, int kvHead, float[] sums) {
    Arrays.fill(sums, 0f);
    for (int i = 0; i < count; i++) {
      if (weights[i] == 0f) {
        continue;
      }
      for (int c = 0; c < sums.length; c++) {
        float value = number(valueMemory, valueLayout, valueLayout.index(first + i, kvHead, c));
        sums[c] = Math.fma(weights[i], value, sums[c]);
      }
    }
  }

  private static float number(MemorySegment memory, KvLayout layout, long index) {
    return switch (layout.precision()) {
      case F32 -> memory.getAtIndex(JAVA_FLOAT, index);
      case BF16 -> BFloat16.ofBits(memory.getAtIndex(JAVA_SHORT, index));
    };
  }
}
