package io.picaflor.sampling;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.picaflor.GenerationOptions;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Chooses tokens by the rules of {@link GenerationOptions}. One for each stream: it holds the random numbers' state.
 *
 * <p>Random numbers come from {@link SplittableRandom} (SplitMix64, whose sequence its documentation fixes), one for each
 * drawn token; probabilities are computed in double from exponentials of {@link StrictMath}, so that a seed gives the same
 * tokens on every machine.
 */
public final class Sampler {
  private final GenerationOptions options;
  private final SplittableRandom random;
  private final int[] suppressed;

  /** The logits at hand: in an array they are read several times as fast by code that is not yet compiled well. */
  private float[] values = {};

  /**
   * A sampler.
   *
   * @param suppressed ids that are never chosen
   */
  public Sampler(GenerationOptions options, int... suppressed) {
    this.options = options;
    this.random = new SplittableRandom(options.seed());
    this.suppressed = suppressed.clone();
  }

  /**
   * The next token.
   *
   * @param logits {@code vocabularySize} float32 values in native order; those of suppressed ids are overwritten
   * @throws ArithmeticException if a logit is NaN, or none is left
   */
  public int next(MemorySegment logits, int vocabularySize) {
    for (int id : suppressed) {
      if (id < vocabularySize) {
        logits.setAtIndex(JAVA_FLOAT, id, Float.NEGATIVE_INFINITY);
      }
    }
    if (values.length != vocabularySize) {
      values = new float[vocabularySize];
    }
    MemorySegment.copy(logits, JAVA_FLOAT, 0, values, 0, vocabularySize);
    int best = best(values);
    if (options.temperature() == 0 || options.topK() == 1) {
      return best;
    }
    int[] candidates = candidates(values);
    return draw(candidates, probabilities(values, candidates, values[best]));
  }

  /** The id with the largest logit, of equal ones the lowest. */
  private static int best(float[] logits) {
    int best = -1;
    float largest = Float.NEGATIVE_INFINITY;
    boolean number = true;
    for (int id = 0; id < logits.length; id++) {
      float logit = logits[id];
      number &= logit == logit;
      if (logit > largest) {
        largest = logit;
        best = id;
      }
    }
    if (!number || best < 0) {
      throw new ArithmeticException("the model gave no usable logits (NaN or all of them minus infinity)");
    }
    return best;
  }

  /** The k best ids, best first, of equal ones the lowest first. */
  private int[] candidates(float[] logits) {
    int k = options.topK() == 0 ? logits.length : Math.min(options.topK(), logits.length);
    // Keys sort by falling logit, then by rising id: the order of float bits, made monotonic, above the id.
    long[] keys = new long[k];
    int count = 0;
    for (int id = 0; id < logits.length; id++) {
      int bits = Float.floatToIntBits(logits[id]);
      long key = (long) ~(bits ^ bits >> 31 & 0x7FFFFFFF) << 32 | id;
      if (count < k) {
        keys[count++] = key;
        if (count == k) {
          heapify(keys);
        }
      } else if (key < keys[0]) {
        keys[0] = key;
        sink(keys, 0);
      }
    }
    Arrays.sort(keys);
    int[] ids = new int[k];
    for (int i = 0; i < k; i++) {
      ids[i] = (int) keys[i];
    }
    return ids;
  }

  private static void heapify(long[] heap) {
    for (int i = heap.length / 2 - 1; i >= 0; i--) {
      sink(heap, i);
    }
  }

  /** Restores the order of a heap with the largest key on top after the one at {@code i} has shrunk. */
  private static void sink(long[] heap, int i) {
    long key = heap[i];
    int child = 2 * i + 1;
    while (child < heap.length) {
      if (child + 1 < heap.length && heap[child + 1] > heap[child]) {
        child++;
      }
      if (heap[child] <= key) {
        break;
      }
      heap[i] = heap[child];
      i = child;
      child = 2 * i + 1;
    }
    heap[i] = key;
  }

  private double[] probabilities(float[] logits, int[] candidates, float largest) {
    double[] probabilities = new double[candidates.length];
    double sum = 0;
    for (int i = 0; i < candidates.length; i++) {
      double difference = (double) logits[candidates[i]] - largest;
      probabilities[i] = StrictMath.exp(difference / options.temperature());
      sum += probabilities[i];
    }
    for (int i = 0; i < probabilities.length; i++) {
      probabilities[i] /= sum;
    }
    return probabilities;
  }

  private int draw(int[] candidates, double[] probabilities) {
    int count = 0;
    double reached = 0;
    while (count < candidates.length
        && (count == 0 || reached < options.topP() && probabilities[count] >= options.minP() * probabilities[0])) {
      reached += probabilities[count++];
    }
    double target = (random.nextLong() >>> 11) * 0x1p-53 * reached; // 53 random bits: uniform in [0, reached)
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += probabilities[i];
      if (target < sum) {
        return candidates[i];
      }
    }
    return candidates[count - 1];
  }
}
