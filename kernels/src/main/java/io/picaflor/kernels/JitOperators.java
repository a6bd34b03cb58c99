package io.picaflor.kernels;

import io.picaflor.codegen.VectorCall;
import io.picaflor.codegen.VectorProgram;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/** The operators of the tier {@code jit}; what no machine code is written for is left to the next tier. */
final class JitOperators implements Operators {
  private final JitCode jit;
  private final Operators next;
  private final Workers workers;
  private final JitScratch scratch = new JitScratch();

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
      Object key, Supplier<VectorProgram> program, VectorCall call, int columns) {
    return new JitRowwise(workers, jit.program(key, program), call, columns);
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

  /** One float32 for each column of a group, in memory of our own; an argument that is not read where there are none. */
  private static void constants(VectorCall call, int index, MemorySegment values) {
    MemorySegment own = values == null ? MemorySegment.NULL : JitLinear.filledUp(values, values.byteSize() / 4);
    call.argument(index, own, 0, 0);
  }

  private static VectorCall norm(int columns, int groups, float epsilon) {
    return new VectorCall(columns, groups).parameter(JitPrograms.COUNT, columns).parameter(JitPrograms.EPSILON,
        epsilon);
  }

  @Override
  public Operator rmsNorm(Matrix x, int groups, MemorySegment weight, float epsilon, Matrix y) {
    int columns = x.columns() / groups;
    VectorCall call = norm(columns, groups, epsilon);
    argument(call, 0, x, columns);
    constants(call, 1, weight);
    argument(call, 2, y, columns);
    boolean weighted = weight != null;
    return rowwise(weighted ? "norm weighted" : "norm", () -> JitPrograms.rmsNorm(weighted), call, x.columns());
  }

  @Override
  public Operator rmsNormQuantize(Matrix x, MemorySegment weight, float epsilon, Matrix y, Codes codes) {
    VectorCall call = norm(x.columns(), 1, epsilon);
    argument(call, 0, x, 0);
    constants(call, 1, weight);
    argument(call, 2, y != null ? y : scratch(x.rows(), x.columns()), 0);
    codes(call, 3, codes);
    boolean weighted = weight != null;
    return rowwise(weighted ? "norm quantize weighted" : "norm quantize",
        () -> JitPrograms.rmsNormQuantize(weighted), call, x.columns());
  }

  private Matrix scratch(int rows, int columns) {
    return Matrix.dense(scratch.of(4L * rows * columns), rows, columns);
  }

  @Override
  public Operator rmsNormAdd(Matrix x, MemorySegment weight, float epsilon, Matrix residual, Matrix y) {
    VectorCall call = norm(x.columns(), 1, epsilon);
    argument(call, 0, x, 0);
    constants(call, 1, weight);
    argument(call, 2, y, 0);
    argument(call, 3, residual, 0);
    boolean weighted = weight != null;
    return rowwise(weighted ? "norm add weighted" : "norm add", () -> JitPrograms.rmsNormAdd(weighted), call,
        x.columns());
  }

  @Override
  public Operator layerNorm(Matrix x, MemorySegment weight, MemorySegment bias, float epsilon, Matrix y) {
    VectorCall call = norm(x.columns(), 1, epsilon);
    argument(call, 0, x, 0);
    constants(call, 1, weight);
    constants(call, 2, bias);
    argument(call, 3, y, 0);
    boolean weighted = weight != null;
    boolean biased = bias != null;
    return rowwise(
        weighted
            ? biased ? "layer norm weighted biased" : "layer norm weighted"
            : biased ? "layer norm biased" : "layer norm",
        () -> JitPrograms.layerNorm(weighted, biased), call, x.columns());
  }

  @Override
  public Operator linear(Codes x, PackedWeights weights, MemorySegment bias, Epilogue epilogue, Matrix y) {
    if (!(weights instanceof JitWeights own)) {
      throw new IllegalArgumentException("weights: expected integers of tier jit, found " + weights);
    }
    return switch (epilogue) {
      case Epilogue.None _ -> product(x, own, bias, null, y);
      case Epilogue.Add(Matrix residual) -> product(x, own, bias, residual, y);
      case Epilogue.Gated(Activation activation) -> gatedProduct(activation, x, own, bias, y);
    };
  }

  private Operator gatedProduct(Activation activation, Codes x, JitWeights weights, MemorySegment bias, Matrix y) {
    int half = y.columns();
    if (half % PanelForm.OUTPUTS == 0 && JitPrograms.has(activation)) {
      MemorySegment code = jit.program(gatedKey(activation), () -> JitPrograms.gated(activation));
      return new JitGated(workers, product(x, weights, bias, null, y), code, scratch, y);
    }
    Matrix both = scratch(Math.min(x.rows(), y.rows()), 2 * half);
    JitLinear product = product(x, weights, bias, null, both);
    Operator gate = gated(activation, both.columns(0, half), both.columns(half, half), y);
    return (rows, position) -> {
      product.run(rows, position);
      gate.run(rows, position);
    };
  }

  private static Object gatedKey(Activation activation) {
    return "gated ".concat(activation.name());
  }

  private JitLinear product(Codes x, JitWeights weights, MemorySegment bias, Matrix residual, Matrix y) {
    boolean oneRow = Math.min(x.rows(), y.rows()) == 1;
    JitCode.Linear code = jit.linear(weights.layout().form(), oneRow);
    return new JitLinear(code, jit.level().codeForm(), workers, x, weights, bias, residual, y);
  }

  @Override
  public Operator linear(Matrix x, PackedWeights weights, MemorySegment bias, Epilogue epilogue, Matrix y) {
    return next.linear(x, weights, bias, epilogue, y);
  }

  @Override
  public Operator rotary(Matrix x, int heads, Matrix cos, Matrix sin, Matrix y) {
    int half = cos.columns();
    VectorCall call = new VectorCall(half, heads);
    argument(call, 0, x, 2 * half);
    argument(call, 1, x.columns(half, x.columns() - half), 2 * half);
    argument(call, 2, cos, 0);
    argument(call, 3, sin, 0);
    argument(call, 4, y, 2 * half);
    argument(call, 5, y.columns(half, y.columns() - half), 2 * half);
    return rowwise("rotary", JitPrograms::rotary, call, x.columns());
  }

  @Override
  public Operator append(Matrix x, KvBuffer buffer) {
    return next.append(x, buffer);
  }

  @Override
  public Operator attention(AttentionShape shape, Matrix q, KvBuffer keys, KvBuffer values, Matrix mask, Matrix y) {
    return JitAttention.fits(shape, mask)
        ? new JitAttention(jit, workers, scratch, shape, q, keys, values, y)
        : next.attention(shape, q, keys, values, mask, y);
  }

  /** An operator on the elements of rows, with one parameter. */
  private Operator elementwise(Object key, Supplier<VectorProgram> program, float parameter, Matrix... operands) {
    int columns = operands[0].columns();
    VectorCall call = new VectorCall(columns, 1).parameter(0, parameter);
    for (int i = 0; i < operands.length; i++) {
      argument(call, i, operands[i], 0);
    }
    return rowwise(key, program, call, columns);
  }

  @Override
  public Operator activation(Activation activation, Matrix x, Matrix y) {
    if (!JitPrograms.has(activation)) {
      return next.activation(activation, x, y);
    }
    return elementwise(activation, () -> JitPrograms.activation(activation), 0, x, y);
  }

  @Override
  public Operator gated(Activation activation, Matrix gate, Matrix up, Matrix y) {
    if (!JitPrograms.has(activation)) {
      return next.gated(activation, gate, up, y);
    }
    return elementwise(gatedKey(activation), () -> JitPrograms.gated(activation), 0, gate, up, y);
  }

  @Override
  public Operator add(Matrix a, Matrix b, Matrix y) {
    return elementwise("add", JitPrograms::add, 0, a, b, y);
  }

  @Override
  public Operator multiply(Matrix a, Matrix b, Matrix y) {
    return elementwise("multiply", JitPrograms::multiply, 0, a, b, y);
  }

  @Override
  public Operator scale(Matrix x, float factor, Matrix y) {
    return elementwise("scale", JitPrograms::scale, factor, x, y);
  }

  @Override
  public Operator softCap(Matrix x, float cap, Matrix y) {
    return elementwise("soft cap", JitPrograms::softCap, cap, x, y);
  }
}
