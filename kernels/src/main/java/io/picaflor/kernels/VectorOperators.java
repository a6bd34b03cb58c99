package io.picaflor.kernels;

import java.lang.foreign.MemorySegment;

/** The operators of the tier {@code vector}; what has no vectors yet is left to {@code scalar}. */
final class VectorOperators implements Operators {
  private final Operators scalar;

  VectorOperators(Workers workers) {
    scalar = new ScalarOperators(workers);
  }

  @Override
  public long codesBytes(int rows, int columns) {
    return scalar.codesBytes(rows, columns);
  }

  @Override
  public Operator quantize(Matrix x, Codes y) {
    return scalar.quantize(x, y);
  }

  @Override
  public Operator rmsNorm(Matrix x, int groups, MemorySegment weight, float epsilon, Matrix y) {
    return scalar.rmsNorm(x, groups, weight, epsilon, y);
  }

  @Override
  public Operator rmsNormQuantize(Matrix x, MemorySegment weight, float epsilon, Matrix y, Codes codes) {
    return scalar.rmsNormQuantize(x, weight, epsilon, y, codes);
  }

  @Override
  public Operator rmsNormAdd(Matrix x, MemorySegment weight, float epsilon, Matrix residual, Matrix y) {
    return scalar.rmsNormAdd(x, weight, epsilon, residual, y);
  }

  @Override
  public Operator layerNorm(Matrix x, MemorySegment weight, MemorySegment bias, float epsilon, Matrix y) {
    return scalar.layerNorm(x, weight, bias, epsilon, y);
  }

  @Override
  public Operator linear(Codes x, PackedWeights weights, MemorySegment bias, Epilogue epilogue, Matrix y) {
    return scalar.linear(x, weights, bias, epilogue, y);
  }

  @Override
  public Operator linear(Matrix x, PackedWeights weights, MemorySegment bias, Epilogue epilogue, Matrix y) {
    return scalar.linear(x, weights, bias, epilogue, y);
  }

  @Override
  public Operator rotary(Matrix x, int heads, Matrix cos, Matrix sin, Matrix y) {
    return scalar.rotary(x, heads, cos, sin, y);
  }

  @Override
  public Operator append(Matrix x, KvBuffer buffer) {
    return scalar.append(x, buffer);
  }

  @Override
  public Operator attention(
      AttentionShape shape, Matrix q, KvBuffer keys, KvBuffer values, Matrix mask, Matrix y) {
    return scalar.attention(shape, q, keys, values, mask, y);
  }

  @Override
  public Operator activation(Activation activation, Matrix x, Matrix y) {
    return scalar.activation(activation, x, y);
  }

  @Override
  public Operator gated(Activation activation, Matrix gate, Matrix up, Matrix y) {
    return scalar.gated(activation, gate, up, y);
  }

  @Override
  public Operator add(Matrix a, Matrix b, Matrix y) {
    return scalar.add(a, b, y);
  }

  @Override
  public Operator multiply(Matrix a, Matrix b, Matrix y) {
    return scalar.multiply(a, b, y);
  }

  @Override
  public Operator scale(Matrix x, float factor, Matrix y) {
    return scalar.scale(x, factor, y);
  }

  @Override
  public Operator softCap(Matrix x, float cap, Matrix y) {
    return scalar.softCap(x, cap, y);
  }
}
