package io.picaflor.kernels;

import java.lang.foreign.MemorySegment;

/**
 * Makes the operators of a tier: what a plan is made of, each bound to its operands once and run for every step.
 *
 * <p><b>Row invariance</b>: the result of a row depends on that row, its position and the keys and values before it, never
 * on how many rows run beside it or on the number of threads. Every sum has one order.
 *
 * <p>What an operator means, with its order of operations, is written down in the tier {@code scalar}. Other tiers give its
 * bits where that is said here, and else keep within a bound that follows from the operation's length.
 *
 * <p>Sizes are checked when an operator is made, and {@link Matrix} has checked the memory; running checks nothing. Results
 * must not overlap operands except where it is said. Thread rule: making is for one thread at a time; and
 * since operators share memory for what they need while they run, those of one {@code Operators} run one after the other.
 */
public interface Operators {

  /** Bytes that {@link Codes} need in this tier. */
  long codesBytes(int rows, int columns);

  /** Quantizes rows. */
  Operator quantize(Matrix x, Codes y);

  /**
   * Root mean square norm of each group of neighbouring columns: {@code y = x / sqrt(mean(x^2) + epsilon) * weight}
   * (arXiv:1910.07467).
   *
   * @param groups how many groups a row has, such as heads; divides the columns
   * @param weight as many float32 as a group has columns, or {@code null} for ones
   * @param y may be the same memory as {@code x}
   */
  Operator rmsNorm(Matrix x, int groups, MemorySegment weight, float epsilon, Matrix y);

  /**
   * The norm of a whole row, quantized: {@link #rmsNorm} and then {@link #quantize}, to the same bits.
   *
   * @param y where the norm itself is wanted too, or {@code null}
   */
  Operator rmsNormQuantize(Matrix x, MemorySegment weight, float epsilon, Matrix y, Codes codes);

  /** {@code y = residual + rmsNorm(x)}, to the same bits as the two by themselves; {@code y} may be the residual. */
  Operator rmsNormAdd(Matrix x, MemorySegment weight, float epsilon, Matrix residual, Matrix y);

  /**
   * {@code y = (x - mean(x)) / sqrt(mean((x - mean(x))^2) + epsilon) * weight + bias} (arXiv:1607.06450).
   *
   * @param weight as many float32 as there are columns, or {@code null} for ones
   * @param bias the same, or {@code null} for zeros
   */
  Operator layerNorm(Matrix x, MemorySegment weight, MemorySegment bias, float epsilon, Matrix y);

  /**
   * Fully connected layer of integers, bit-equal in all tiers (but for the activation of {@link Epilogue.Gated}): sums as
   * {@link Kernels#fullyConnected} defines them.
   *
   * @param bias one float32 for each output, or {@code null}
   */
  Operator linear(Codes x, PackedWeights weights, MemorySegment bias, Epilogue epilogue, Matrix y);

  /**
   * The same with weights of float32 or float16, bit-equal in all tiers too: a chain of fused multiply-adds over the inputs
   * that starts at the bias.
   */
  Operator linear(Matrix x, PackedWeights weights, MemorySegment bias, Epilogue epilogue, Matrix y);

  /**
   * Rotary position embedding in halves (arXiv:2104.09864): for each head with {@code x = [a | b]},
   * {@code y = [a * cos - b * sin | b * cos + a * sin]}, each product rounded before the sum, so
   * bit-equal in all tiers.
   *
   * @param cos half as many columns as a head has channels, one row for each row of x
   * @param sin the same
   * @param y may be the same memory as {@code x}
   */
  Operator rotary(Matrix x, int heads, Matrix cos, Matrix sin, Matrix y);

  /**
   * Stores rows as keys or values at their positions, rounded as the layout says.
   *
   * @param x as many columns as the buffer has heads and channels, head by head
   */
  Operator append(Matrix x, KvBuffer buffer);

  /**
   * Attention over what the buffers hold, the rows' own keys and values included; those were appended before.
   *
   * @param q heads side by side
   * @param mask what is added to the scores, one column for each position of the context, or {@code null} for none beside
   *     the shape's window; a score of minus infinity counts nothing, whatever is stored there; a row without any other is NaN
   * @param y heads side by side
   */
  Operator attention(AttentionShape shape, Matrix q, KvBuffer keys, KvBuffer values, Matrix mask, Matrix y);

  /** {@code y = activation(x)}; y may be x. */
  Operator activation(Activation activation, Matrix x, Matrix y);

  /** {@code y = activation(gate) * up}; y may be one of them. */
  Operator gated(Activation activation, Matrix gate, Matrix up, Matrix y);

  /** {@code y = a + b}, bit-equal in all tiers; y may be one of them. */
  Operator add(Matrix a, Matrix b, Matrix y);

  /** {@code y = a * b}, bit-equal in all tiers; y may be one of them. */
  Operator multiply(Matrix a, Matrix b, Matrix y);

  /** {@code y = x * factor}, bit-equal in all tiers; y may be x. */
  Operator scale(Matrix x, float factor, Matrix y);

  /** {@code y = cap * tanh(x / cap)}; y may be x. */
  Operator softCap(Matrix x, float cap, Matrix y);
}
