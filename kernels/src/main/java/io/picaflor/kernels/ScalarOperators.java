package io.picaflor.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The operators of the tier {@code scalar}: what each one means, in plain Java.
 *
 * <p>Integer operators are defined to the bit. Float operators follow what LiteRT's decompositions compute, in the order that
 * each class states; other tiers may sum in another order, within a bound that follows from the operation's length.
 * Transcendental functions are computed in double and rounded once ({@code ../reference/FORMATS.md}, 5.8).
 */
final class ScalarOperators implements Operators {
  /** Weights and biases of norms and layers: float32 at any address, for they may stand in a model's mapping. */
  static final ValueLayout.OfFloat CONSTANT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final Workers workers;

  ScalarOperators(Workers workers) {
    this.workers = workers;
  }

  @Override
  public long codesBytes(int rows, int columns) {
    return ScalarCodes.bytes(rows, columns);
  }

  @Override
  public Operator quantize(Matrix x, Codes y) {
    return new ScalarQuantizer(workers, x, y);
  }

  @Override
  public Operator rmsNorm(Matrix x, int groups, MemorySegment weight, float epsilon, Matrix y) {
    return new ScalarRmsNorm(workers, x, groups, weight, epsilon, null, y, null);
  }

  @Override
  public Operator rmsNormQuantize(Matrix x, MemorySegment weight, float epsilon, Matrix y, Codes codes) {
    return new ScalarRmsNorm(workers, x, 1, weight, epsilon, null, y, codes);
  }

  @Override
  public Operator rmsNormAdd(Matrix x, MemorySegment weight, float epsilon, Matrix residual, Matrix y) {
    return new ScalarRmsNorm(workers, x, 1, weight, epsilon, residual, y, null);
  }

  @Override
  public Operator layerNorm(Matrix x, MemorySegment weight, MemorySegment bias, float epsilon, Matrix y) {
    return new ScalarLayerNorm(workers, x, weight, bias, epsilon, y);
  }

  @Override
  public Operator linear(Codes x, PackedWeights weights, MemorySegment bias, Epilogue epilogue, Matrix y) {
    return ScalarLinear.ofIntegers(workers, x, weights.source(), bias, epilogue, y);
  }

  @Override
  public Operator linear(Matrix x, PackedWeights weights, MemorySegment bias, Epilogue epilogue, Matrix y) {
    return ScalarLinear.ofFloats(workers, x, weights.source(), bias, epilogue, y);
  }

  @Override
  public Operator rotary(Matrix x, int heads, Matrix cos, Matrix sin, Matrix y) {
    return new ScalarRotary(workers, x, heads, cos, sin, y);
  }

  @Override
  public Operator append(Matrix x, KvBuffer buffer) {
    return new ScalarAppend(workers, x, buffer);
  }

  @Override
  public Operator attention(
      AttentionShape shape, Matrix q, KvBuffer keys, KvBuffer values, Matrix mask, Matrix y) {
    return new ScalarAttention(workers, shape, q, keys, values, mask, y);
  }

  @Override
  public Operator activation(Activation activation, Matrix x, Matrix y) {
    return new ScalarElementwise(workers, (a, _) -> activation.of(a), x, x, y);
  }

  @Override
  public Operator gated(Activation activation, Matrix gate, Matrix up, Matrix y) {
    return new ScalarElementwise(workers, (a, b) -> activation.of(a) * b, gate, up, y);
  }

  @Override
  public Operator add(Matrix a, Matrix b, Matrix y) {
    return new ScalarElementwise(workers, Float::sum, a, b, y);
  }

  @Override
  public Operator multiply(Matrix a, Matrix b, Matrix y) {
    return new ScalarElementwise(workers, (left, right) -> left * right, a, b, y);
  }

  @Override
  public Operator scale(Matrix x, float factor, Matrix y) {
    return new ScalarElementwise(workers, (a, _) -> a * factor, x, x, y);
  }

  @Override
  public Operator softCap(Matrix x, float cap, Matrix y) {
    return new ScalarElementwise(workers, (a, _) -> (float) Math.tanh(a / cap) * cap, x, x, y);
  }
}
