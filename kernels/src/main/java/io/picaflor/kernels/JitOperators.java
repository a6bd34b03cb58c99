package io.picaflor.kernels;

import io.picaflor.codegen.VectorCall;
import java.lang.foreign.MemorySegment;

/** The operators of the tier {@code jit}; what no machine code is written for is left to the next tier. */
final class JitOperators implements Operators {
  private final JitCode jit;
  private final Operators next;
  private final Workers workers;

  JitOperators(JitCode jit, Operators next, Workers workers) {
    this.jit = jit;
    this.next = next;
    this.workers = workers;
  }

  @Override
  public long codesBytes(int rows, int columns) {
    return JitCodes.bytes(jit.level().codeForm(), rows, columns);
  }

  @Override
  public Operator quantize(Matrix x, Codes y) {
    VectorCall call = argument(new VectorCall(x.columns(), 1), 0, x, 0);
    codes(call, 1, y);
    return rowwise("quantize", JitPrograms::quantize, call, x.columns());
  }

  private Operator rowwise(
      String name, java.util.function.Supplier<io.picaflor.codegen.VectorProgram> program, VectorCall call,
      int columns) {
    return new JitRowwise(workers, jit.program(name, program), call, columns);
  }

  private static VectorCall argument(VectorCall call, int index, Matrix matrix, int groupColumns) {
    return call.argument(index, matrix.memory(), 4L * matrix.stride(), 4L * groupColumns);
  }

  /** Codes and their parameters, as two arguments. */
  private void codes(VectorCall call, int index, Codes codes) {
    var form = jit.level().codeForm();
    long stride = JitCodes.rowBytes(form, codes.columns());
    call.argument(index, codes.memory(), stride, 0);
    call.argument(
        index + 1, codes.memory().asSlice(JitCodes.parameterOffset(form, codes.columns())), stride, 0);
  }

  @Override
  public Operator rmsNorm(Matrix x, int groups, MemorySegment weight, float epsilon, Matrix y) {
    return next.rmsNorm(x, groups, weight, epsilon, y);
  }

  @Override
  public Operator rmsNormQuantize(Matrix x, MemorySegment weight, float epsilon, Matrix y, Codes codes) {
    Matrix normed = y != null ? y : scratch(x.rows(), x.columns());
    Operator norm = rmsNorm(x, 1, weight, epsilon, normed);
    Operator quantize = quantize(normed, codes);
    return (rows, position) -> {
      norm.run(rows, position);
      quantize.run(rows, position);
    };
  }

  private static Matrix scratch(int rows, int columns) {
    return Matrix.dense(java.lang.foreign.Arena.ofAuto().allocate(4L * rows * columns, 64), rows, columns);
  }

  @Override
  public Operator rmsNormAdd(Matrix x, MemorySegment weight, float epsilon, Matrix residual, Matrix y) {
    return next.rmsNormAdd(x, weight, epsilon, residual, y);
  }

  @Override
  public Operator layerNorm(Matrix x, MemorySegment weight, MemorySegment bias, float epsilon, Matrix y) {
    return next.layerNorm(x, weight, bias, epsilon, y);
  }

  @Override
  public Operator linear(Codes x, PackedWeights weights, MemorySegment bias, Epilogue epilogue, Matrix y) {
    if (!(weights instanceof JitWeights own)) {
      throw new IllegalArgumentException("weights: expected integers of tier jit, found " + weights);
    }
    return switch (epilogue) {
      case Epilogue.None _ -> new JitLinear(jit, workers, x, own, bias, null, y);
      case Epilogue.Add(Matrix residual) -> new JitLinear(jit, workers, x, own, bias, residual, y);
      case Epilogue.Gated(Activation activation) -> {
        int half = y.columns();
        Matrix both = scratch(Math.min(x.rows(), y.rows()), 2 * half);
        Operator product = new JitLinear(jit, workers, x, own, bias, null, both);
        Operator gate = gated(activation, both.columns(0, half), both.columns(half, half), y);
        yield (rows, position) -> {
          product.run(rows, position);
          gate.run(rows, position);
        };
      }
    };
  }

  @Override
  public Operator linear(Matrix x, PackedWeights weights, MemorySegment bias, Epilogue epilogue, Matrix y) {
    return next.linear(x, weights, bias, epilogue, y);
  }

  @Override
  public Operator rotary(Matrix x, int heads, Matrix cos, Matrix sin, Matrix y) {
    return next.rotary(x, heads, cos, sin, y);
  }

  @Override
  public Operator append(Matrix x, KvBuffer buffer) {
    return next.append(x, buffer);
  }

  @Override
  public Operator attention(AttentionShape shape, Matrix q, KvBuffer keys, KvBuffer values, Matrix mask, Matrix y) {
    return next.attention(shape, q, keys, values, mask, y);
  }

  @Override
  public Operator activation(Activation activation, Matrix x, Matrix y) {
    return next.activation(activation, x, y);
  }

  @Override
  public Operator gated(Activation activation, Matrix gate, Matrix up, Matrix y) {
    return next.gated(activation, gate, up, y);
  }

  @Override
  public Operator add(Matrix a, Matrix b, Matrix y) {
    return next.add(a, b, y);
  }

  @Override
  public Operator multiply(Matrix a, Matrix b, Matrix y) {
    return next.multiply(a, b, y);
  }

  @Override
  public Operator scale(Matrix x, float factor, Matrix y) {
    return next.scale(x, factor, y);
  }

  @Override
  public Operator softCap(Matrix x, float cap, Matrix y) {
    return next.softCap(x, cap, y);
  }
}
