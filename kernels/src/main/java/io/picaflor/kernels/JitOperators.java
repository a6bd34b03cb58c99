package io.picaflor.kernels;

import io.picaflor.codegen.VectorCall;
import io.picaflor.codegen.VectorProgram;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/** The operators of the tier {@code jit}, each of them machine code. */
final class JitOperators implements Operators {
  private final JitCode jit;
  private final Workers workers;
  private final JitScratch scratch = new JitScratch();

  JitOperators(JitCode jit, Workers workers) {
    this.jit = jit;
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
    JitWeights own = own(weights);
    return finished(
        (residual, to) -> new JitLinear(linearCode(own, x.rows(), to), jit.level().codeForm(), workers, x, own, bias,
            residual, to),
        x.rows(), epilogue, y);
  }

  @Override
  public Operator linear(Matrix x, PackedWeights weights, MemorySegment bias, Epilogue epilogue, Matrix y) {
    JitWeights own = own(weights);
    return finished((residual, to) -> new JitLinear(linearCode(own, x.rows(), to), workers, x, own, bias, residual, to),
        x.rows(), epilogue, y);
  }

  private static JitWeights own(PackedWeights weights) {
    if (weights instanceof JitWeights own) {
      return own;
    }
    throw new IllegalArgumentException("weights: expected weights of tier jit, found " + weights);
  }

  private JitCode.Linear linearCode(JitWeights weights, int rows, Matrix y) {
    return jit.linear(weights.layout().form(), Math.min(rows, y.rows()) == 1);
  }

  /** Makes a product with its result in one place or another. */
  @FunctionalInterface
  private interface Product {
    /** @param residual or {@code null} */
    JitLinear into(Matrix residual, Matrix y);
  }

  private Operator finished(Product product, int rows, Epilogue epilogue, Matrix y) {
    return switch (epilogue) {
      case Epilogue.None _ -> product.into(null, y);
      case Epilogue.Add(Matrix residual) -> product.into(residual, y);
      case Epilogue.Gated(Activation activation) -> gatedProduct(activation, product, rows, y);
    };
  }

  private Operator gatedProduct(Activation activation, Product made, int rows, Matrix y) {
    int half = y.columns();
    if (half % PanelForm.OUTPUTS == 0) {
      MemorySegment code = jit.program(gatedKey(activation), () -> JitPrograms.gated(activation));
      return new JitGated(workers, made.into(null, y), code, scratch, y);
    }
    Matrix both = scratch(Math.min(rows, y.rows()), 2 * half);
    JitLinear product = made.into(null, both);
    Operator gate = gated(activation, both.columns(0, half), both.columns(half, half), y);
    return (count, position) -> {
      product.run(count, position);
      gate.run(count, position);
    };
  }

  private static Object gatedKey(Activation activation) {
    return "gated ".concat(activation.name());
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
    return new JitAppend(jit, workers, x, buffer);
  }

  @Override
  public Operator attention(AttentionShape shape, Matrix q, KvBuffer keys, KvBuffer values, Matrix mask, Matrix y) {
    return new JitAttention(jit, workers, scratch, shape, q, keys, values, mask, y);
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
    return elementwise(activation, () -> JitPrograms.activation(activation), 0, x, y);
  }

  @Override
  public Operator gated(Activation activation, Matrix gate, Matrix up, Matrix y) {
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
