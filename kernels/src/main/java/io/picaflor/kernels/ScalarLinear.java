package io.picaflor.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The linear operators of the tier {@code scalar}: each output as {@link ScalarOutput} defines it, then the {@link Epilogue},
 * one rounding for each of its operations.
 *
 * <p>An item of work is one output column for all rows, so that its weights are unpacked once.
 */
final class ScalarLinear extends ScalarOperator {
  private final List<WeightMatrix> parts;
  private final MemorySegment bias;
  private final Epilogue epilogue;
  private final Matrix y;

  /** What is multiplied: one of the two is {@code null}. */
  private final Codes codes;

  private final Matrix floats;

  private final ScalarOutput.QuantizedRows quantized;

  /** For each share, for each part. */
  private final ScalarOutput[][] outputs;

  private int rows;

  private ScalarLinear(
      Workers workers, Codes codes, Matrix floats, PackedSource weights, MemorySegment bias, Epilogue epilogue,
      Matrix y) {
    super(workers);
    this.codes = codes;
    this.floats = floats;
    parts = weights.parts();
    this.bias = bias;
    this.epilogue = epilogue;
    this.y = y;
    quantized = codes == null ? null : new ScalarOutput.QuantizedRows(codes.rows(), codes.columns());
    outputs = new ScalarOutput[shareCount()][parts.size()];
    for (ScalarOutput[] share : outputs) {
      long first = 0;
      for (int p = 0; p < parts.size(); p++) {
        share[p] = output(parts.get(p), first);
        first += parts.get(p).rows();
      }
    }
  }

  static ScalarLinear ofIntegers(
      Workers workers, Codes x, PackedSource weights, MemorySegment bias, Epilogue epilogue, Matrix y) {
    return new ScalarLinear(workers, x, null, weights, bias, epilogue, y);
  }

  static ScalarLinear ofFloats(
      Workers workers, Matrix x, PackedSource weights, MemorySegment bias, Epilogue epilogue, Matrix y) {
    return new ScalarLinear(workers, null, x, weights, bias, epilogue, y);
  }

  private ScalarOutput output(WeightMatrix part, long first) {
    MemorySegment ownBias = bias == null ? null : bias.asSlice(4 * first, 4L * part.rows());
    return quantized == null
        ? ScalarOutput.ofFloats(floats.memory(), floats.stride(), part, ownBias)
        : ScalarOutput.ofIntegers(quantized, part, ownBias);
  }

  @Override
  int begin(int rows, int position) {
    this.rows = rows;
    if (quantized != null) {
      quantized.load(codes, rows);
    }
    return y.columns();
  }

  @Override
  void compute(int column, int share) {
    if (epilogue instanceof Epilogue.Gated(Activation activation)) {
      gated(column, outputs[share][0], outputs[share][1], activation);
      return;
    }
    int part = 0;
    int output = column;
    while (output >= parts.get(part).rows()) {
      output -= parts.get(part).rows();
      part++;
    }
    Matrix residual = epilogue instanceof Epilogue.Add(Matrix added) ? added : null;
    plain(column, outputs[share][part], output, residual);
  }

  private void gated(int column, ScalarOutput gate, ScalarOutput up, Activation activation) {
    gate.select(column);
    up.select(column);
    for (int m = 0; m < rows; m++) {
      y.memory().setAtIndex(JAVA_FLOAT, y.index(m) + column, activation.of(gate.sum(m)) * up.sum(m));
    }
  }

  private void plain(int column, ScalarOutput from, int output, Matrix residual) {
    from.select(output);
    for (int m = 0; m < rows; m++) {
      float sum = from.sum(m);
      if (residual != null) {
        sum = residual.memory().getAtIndex(JAVA_FLOAT, residual.index(m) + column) + sum;
      }
      y.memory().setAtIndex(JAVA_FLOAT, y.index(m) + column, sum);
    }
  }
}
