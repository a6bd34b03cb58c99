package io.picaflor.sampling;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.picaflor.GenerationOptions;
import io.picaflor.kernels.Kernels;
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
  /** More candidates than this are found sooner by sorting all. */
  private static final int MOST_SELECTED = 1024;

  private final Kernels kernels;
  private final GenerationOptions options;
  private final SplittableRandom random;
  private final int[] suppressed;

  /**
   * A sampler.
   *
   * @param kernels find the largest logits
   * @param suppressed ids that are never chosen
   */
  public Sampler(Kernels kernels, GenerationOptions options, int... suppressed) {
    this.kernels = kernels;
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
    int best = best(logits, vocabularySize);
    if (options.temperature() == 0 || options.topK() == 1) {
      return best;
    }
    int[] candidates = candidates(logits, vocabularySize);
    return draw(candidates, probabilities(logits, candidates, logits.getAtIndex(JAVA_FLOAT, best)));
  }

  /** The id with the largest logit, of equal ones the lowest. */
  private int best(MemorySegment logits, int vocabularySize) {
    int best = kernels.argMax(logits, vocabularySize);
    if (kernels.hasNaN(logits, vocabularySize) || logits.getAtIndex(JAVA_FLOAT, best) == Float.NEGATIVE_INFINITY) {
      throw new ArithmeticException("the model gave no usable logits (NaN or all of them minus infinity)");
    }
    return best;
  }

  /** The k best ids, best first, of equal ones the lowest first. */
  private int[] candidates(MemorySegment logits, int vocabularySize) {
    int k = options.topK() == 0 ? vocabularySize : Math.min(options.topK(), vocabularySize);
    if (k > MOST_SELECTED) {
      return sorted(logits, vocabularySize, k);
    }
    int[] ids = new int[k];
    kernels.topK(logits, vocabularySize, k, ids, new float[k]);
    return ids;
  }

  private static int[] sorted(MemorySegment logits, int vocabularySize, int k) {
    // Keys sort by falling logit, then by rising id: the order of float bits, made monotonic, above the id.
    long[] keys = new long[vocabularySize];
    for (int id = 0; id < vocabularySize; id++) {
      int bits = Float.floatToIntBits(logits.getAtIndex(JAVA_FLOAT, id) + 0f); // + 0: the two zeros are equal
      keys[id] = (long) ~(bits ^ bits >> 31 & 0x7FFFFFFF) << 32 | id;
    }
    Arrays.sort(keys);
    int[] ids = new int[k];
    for (int i = 0; i < k; i++) {
      ids[i] = (int) keys[i];
    }
    return ids;
  }

  private double[] probabilities(MemorySegment logits, int[] candidates, float largest) {
    double[] probabilities = new double[candidates.length];
    double sum = 0;
    for (int i = 0; i < candidates.length; i++) {
      double difference = (double) logits.getAtIndex(JAVA_FLOAT, candidates[i]) - largest;
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
