package io.picaflor.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The operators of the tier {@code vector}; what has no vectors yet is left to {@code scalar}. */
final class VectorOperators implements Operators {
  private final Workers workers;
  private final Operators scalar;

  VectorOperators(Workers workers) {
    this.workers = workers;
    scalar = new ScalarOperators(workers);
  }

  @Override
  public long codesBytes(int rows, int columns) {
    return VectorCodes.bytes(rows, columns);
  }

  @Override
  public Operator quantize(Matrix x, Codes y) {
    return new VectorQuantizer(workers, x, y);
  }

  @Override
  public Operator rmsNorm(Matrix x, int groups, MemorySegment weight, float epsilon, Matrix y) {
    return VectorNorm.rootMeanSquare(workers, x, groups, weight, epsilon, null, y, null);
  }

  @Override
  public Operator rmsNormQuantize(Matrix x, MemorySegment weight, float epsilon, Matrix y, Codes codes) {
    return VectorNorm.rootMeanSquare(workers, x, 1, weight, epsilon, null, y, codes);
  }

  @Override
  public Operator rmsNormAdd(Matrix x, MemorySegment weight, float epsilon, Matrix residual, Matrix y) {
    return VectorNorm.rootMeanSquare(workers, x, 1, weight, epsilon, residual, y, null);
  }

  @Override
  public Operator layerNorm(Matrix x, MemorySegment weight, MemorySegment bias, float epsilon, Matrix y) {
    return VectorNorm.layer(workers, x, weight, bias, epsilon, y);
  }

  @Override
  public Operator linear(Codes x, PackedWeights weights, MemorySegment bias, Epilogue epilogue, Matrix y) {
    if (!VectorLayout.fits(weights.source())) {
      Codes copy = new Codes(
          Arena.ofAuto().allocate(ScalarCodes.bytes(x.rows(), x.columns()), 64), x.rows(), x.columns());
      return inTurn((rows, _) -> VectorCodes.copy(x, rows, copy), scalar.linear(copy, weights, bias, epilogue, y));
    }
    VectorWeights packed = VectorWeights.of(weights);
    return switch (epilogue) {
      case Epilogue.None _ -> new VectorLinear(workers, x, packed, bias, null, new VectorOutput(y, null));
      case Epilogue.Add(Matrix residual) ->
          new VectorLinear(workers, x, packed, bias, null, new VectorOutput(y, residual));
      case Epilogue.Gated(Activation activation) when y.columns() % VectorLayout.PANEL == 0 ->
          new VectorLinear(workers, x, packed, bias, activation, new VectorOutput(y, null));
      case Epilogue.Gated(Activation activation) -> {
        Matrix both = both(y);
        yield inTurn(linear(x, weights, bias, new Epilogue.None(), both), gated(activation, both, y));
      }
    };
  }

  @Override
  public Operator linear(Matrix x, PackedWeights weights, MemorySegment bias, Epilogue epilogue, Matrix y) {
    VectorWeights packed = VectorWeights.of(weights);
    return switch (epilogue) {
      case Epilogue.None _ -> VectorFloats.linear(workers, x, packed, bias, new VectorOutput(y, null));
      case Epilogue.Add(Matrix residual) ->
          VectorFloats.linear(workers, x, packed, bias, new VectorOutput(y, residual));
      case Epilogue.Gated(Activation activation) -> {
        Matrix both = both(y);
        yield inTurn(linear(x, weights, bias, new Epilogue.None(), both), gated(activation, both, y));
      }
    };
  }

  /** Memory for gates and what they are multiplied by, side by side, where they do not meet in a panel. */
  private static Matrix both(Matrix y) {
    int columns = Math.multiplyExact(2, y.columns());
    return Matrix.dense(Arena.ofAuto().allocate(4L * y.rows() * columns, 64), y.rows(), columns);
  }

  private Operator gated(Activation activation, Matrix both, Matrix y) {
    return gated(activation, both.columns(0, y.columns()), both.columns(y.columns(), y.columns()), y);
  }

  private static Operator inTurn(Operator first, Operator second) {
    return (rows, position) -> {
      first.run(rows, position);
      second.run(rows, position);
    };
  }

  @Override
  public Operator rotary(Matrix x, int heads, Matrix cos, Matrix sin, Matrix y) {
    return new VectorRotary(x, heads, cos, sin, y, workers);
  }

  @Override
  public Operator append(Matrix x, KvBuffer buffer) {
    return new VectorAppend(x, buffer, workers);
  }

  @Override
  public Operator attention(
      AttentionShape shape, Matrix q, KvBuffer keys, KvBuffer values, Matrix mask, Matrix y) {
    return KvTile.fitsBlocks()
        ? new VectorAttention(shape, q, keys, values, mask, y, workers)
        : scalar.attention(shape, q, keys, values, mask, y);
  }

  @Override
  public Operator activation(Activation activation, Matrix x, Matrix y) {
    return VectorElementwise.activation(workers, activation, x, y);
  }

  @Override
  public Operator gated(Activation activation, Matrix gate, Matrix up, Matrix y) {
    return VectorElementwise.gated(workers, activation, gate, up, y);
  }

  @Override
  public Operator add(Matrix a, Matrix b, Matrix y) {
    return VectorElementwise.add(workers, a, b, y);
  }

  @Override
  public Operator multiply(Matrix a, Matrix b, Matrix y) {
    return VectorElementwise.multiply(workers, a, b, y);
  }

  @Override
  public Operator scale(Matrix x, float factor, Matrix y) {
    return VectorElementwise.scale(workers, x, factor, y);
  }

  @Override
  public Operator softCap(Matrix x, float cap, Matrix y) {
    return VectorElementwise.softCap(workers, x, cap, y);
  }
}
