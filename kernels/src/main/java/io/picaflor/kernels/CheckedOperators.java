package io.picaflor.kernels;

import java.lang.foreign.MemorySegment;

/**
 * The checks that operators of every tier make once, when they are made: sizes that fit one another.
 *
 * <p>A tier's own operators stand behind it and check nothing; that memory is large enough {@link Matrix} has checked.
 */
final class CheckedOperators implements Operators {
  private final Operators tier;

  CheckedOperators(Operators tier) {
    this.tier = tier;
  }

  @Override
  public long codesBytes(int rows, int columns) {
    if (rows < 1 || columns < 1) {
      throw new IllegalArgumentException("codes: expected positive sizes, found " + rows + " x " + columns);
    }
    return tier.codesBytes(rows, columns);
  }

  @Override
  public Operator quantize(Matrix x, Codes y) {
    requireColumns("codes", y.columns(), x.columns());
    requireCodes(y);
    return tier.quantize(x, y);
  }

  @Override
  public Operator rmsNorm(Matrix x, int groups, MemorySegment weight, float epsilon, Matrix y) {
    requireGroups("groups", groups, x.columns());
    requireConstants("weight", weight, x.columns() / groups);
    requireEpsilon(epsilon);
    requireColumns("y", y.columns(), x.columns());
    return tier.rmsNorm(x, groups, weight, epsilon, y);
  }

  @Override
  public Operator rmsNormQuantize(Matrix x, MemorySegment weight, float epsilon, Matrix y, Codes codes) {
    requireConstants("weight", weight, x.columns());
    requireEpsilon(epsilon);
    if (y != null) {
      requireColumns("y", y.columns(), x.columns());
    }
    requireColumns("codes", codes.columns(), x.columns());
    requireCodes(codes);
    return tier.rmsNormQuantize(x, weight, epsilon, y, codes);
  }

  @Override
  public Operator rmsNormAdd(Matrix x, MemorySegment weight, float epsilon, Matrix residual, Matrix y) {
    requireConstants("weight", weight, x.columns());
    requireEpsilon(epsilon);
    requireColumns("residual", residual.columns(), x.columns());
    requireColumns("y", y.columns(), x.columns());
    return tier.rmsNormAdd(x, weight, epsilon, residual, y);
  }

  @Override
  public Operator layerNorm(Matrix x, MemorySegment weight, MemorySegment bias, float epsilon, Matrix y) {
    requireConstants("weight", weight, x.columns());
    requireConstants("bias", bias, x.columns());
    requireEpsilon(epsilon);
    requireColumns("y", y.columns(), x.columns());
    return tier.layerNorm(x, weight, bias, epsilon, y);
  }

  @Override
  public Operator linear(Codes x, PackedWeights weights, MemorySegment bias, Epilogue epilogue, Matrix y) {
    requireCodes(x);
    requireLayer(true, x.columns(), weights.source(), bias, epilogue, y);
    return tier.linear(x, weights, bias, epilogue, y);
  }

  @Override
  public Operator linear(Matrix x, PackedWeights weights, MemorySegment bias, Epilogue epilogue, Matrix y) {
    requireLayer(false, x.columns(), weights.source(), bias, epilogue, y);
    return tier.linear(x, weights, bias, epilogue, y);
  }

  private static void requireLayer(
      boolean quantized, int inputs, PackedSource weights, MemorySegment bias, Epilogue epilogue, Matrix y) {
    if (weights.quantized() != quantized) {
      throw new IllegalArgumentException(
          "weights: expected " + (quantized ? "integers, for x is codes" : "floats, for x is floats")
              + ", found " + weights.parts().getFirst());
    }
    requireColumns("x", inputs, weights.columns());
    requireConstants("bias", bias, weights.rows());
    switch (epilogue) {
      case Epilogue.None _ -> requireColumns("y", y.columns(), weights.rows());
      case Epilogue.Add(Matrix residual) -> {
        requireColumns("y", y.columns(), weights.rows());
        requireColumns("residual", residual.columns(), weights.rows());
      }
      case Epilogue.Gated _ -> {
        int gate = weights.parts().getFirst().rows();
        if (weights.parts().size() != 2 || weights.parts().getLast().rows() != gate) {
          throw new IllegalArgumentException("weights: expected gate and up with as many rows each, found "
              + weights.parts().size() + " parts with " + weights.rows() + " rows");
        }
        requireColumns("y", y.columns(), gate);
      }
    }
  }

  @Override
  public Operator rotary(Matrix x, int heads, Matrix cos, Matrix sin, Matrix y) {
    requireGroups("heads", heads, x.columns());
    int channels = x.columns() / heads;
    if (channels % 2 != 0) {
      throw new IllegalArgumentException("heads: expected an even number of channels in each, found " + channels);
    }
    requireColumns("cos", cos.columns(), channels / 2);
    requireColumns("sin", sin.columns(), channels / 2);
    requireColumns("y", y.columns(), x.columns());
    return tier.rotary(x, heads, cos, sin, y);
  }

  @Override
  public Operator append(Matrix x, KvBuffer buffer) {
    requireColumns("x", x.columns(), Math.multiplyExact(buffer.layout().heads(), buffer.layout().headSize()));
    return tier.append(x, buffer);
  }

  @Override
  public Operator attention(
      AttentionShape shape, Matrix q, KvBuffer keys, KvBuffer values, Matrix mask, Matrix y) {
    requireColumns("q", q.columns(), Math.multiplyExact(shape.heads(), shape.keySize()));
    requireColumns("y", y.columns(), Math.multiplyExact(shape.heads(), shape.valueSize()));
    requireLayout(KvLayout.Kind.KEYS, shape.kvHeads(), shape.keySize(), keys.layout());
    requireLayout(KvLayout.Kind.VALUES, shape.kvHeads(), shape.valueSize(), values.layout());
    if (keys.layout().capacity() != values.layout().capacity()) {
      throw new IllegalArgumentException("values: expected room for " + keys.layout().capacity()
          + " positions as in the keys, found " + values.layout().capacity());
    }
    return tier.attention(shape, q, keys, values, mask, y);
  }

  private static void requireLayout(KvLayout.Kind kind, int heads, int headSize, KvLayout found) {
    if (found.kind() != kind || found.heads() != heads || found.headSize() != headSize) {
      throw new IllegalArgumentException(
          "attention: expected a buffer of " + kind + ", " + heads + " heads of " + headSize + " channels, found "
              + found);
    }
  }

  @Override
  public Operator activation(Activation activation, Matrix x, Matrix y) {
    requireColumns("y", y.columns(), x.columns());
    return tier.activation(activation, x, y);
  }

  @Override
  public Operator gated(Activation activation, Matrix gate, Matrix up, Matrix y) {
    requireColumns("up", up.columns(), gate.columns());
    requireColumns("y", y.columns(), gate.columns());
    return tier.gated(activation, gate, up, y);
  }

  @Override
  public Operator add(Matrix a, Matrix b, Matrix y) {
    requireColumns("b", b.columns(), a.columns());
    requireColumns("y", y.columns(), a.columns());
    return tier.add(a, b, y);
  }

  @Override
  public Operator multiply(Matrix a, Matrix b, Matrix y) {
    requireColumns("b", b.columns(), a.columns());
    requireColumns("y", y.columns(), a.columns());
    return tier.multiply(a, b, y);
  }

  @Override
  public Operator scale(Matrix x, float factor, Matrix y) {
    requireColumns("y", y.columns(), x.columns());
    return tier.scale(x, factor, y);
  }

  @Override
  public Operator softCap(Matrix x, float cap, Matrix y) {
    if (!(cap > 0 && cap < Float.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("cap: expected a positive number, found " + cap);
    }
    requireColumns("y", y.columns(), x.columns());
    return tier.softCap(x, cap, y);
  }

  private static void requireColumns(String what, int found, int expected) {
    if (found != expected) {
      throw new IllegalArgumentException(what + ": expected " + expected + " columns, found " + found);
    }
  }

  private static void requireGroups(String what, int groups, int columns) {
    if (groups < 1 || columns % groups != 0) {
      throw new IllegalArgumentException(what + ": expected a divisor of " + columns + " columns, found " + groups);
    }
  }

  private static void requireConstants(String what, MemorySegment values, int count) {
    if (values != null && values.byteSize() != 4L * count) {
      throw new IllegalArgumentException(
          what + ": expected " + 4L * count + " bytes (" + count + " values), found " + values.byteSize());
    }
  }

  private static void requireEpsilon(float epsilon) {
    if (!(epsilon >= 0 && epsilon < Float.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("epsilon: expected 0 or a positive number, found " + epsilon);
    }
  }

  private void requireCodes(Codes codes) {
    long bytes = tier.codesBytes(codes.rows(), codes.columns());
    if (codes.memory().byteSize() < bytes) {
      throw new IllegalArgumentException("codes: expected " + bytes + " bytes for " + codes.rows() + " x "
          + codes.columns() + ", found " + codes.memory().byteSize());
    }
  }
}
