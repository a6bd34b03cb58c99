package io.picaflor.kernels;

import io.picaflor.codegen.CpuFeatures;
import io.picaflor.codegen.ExecutableMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The tier {@code jit}: machine code that is written when it is first needed, for the CPU that runs it. Integer products have the
 * bits of {@code scalar}.
 *
 * <p>Machine code reads nothing but native memory of our own: weights in panels, copies of biases. Nothing is left to another tier.
 */
final class JitKernels implements Kernels {
  private final JitCode jit;
  private final JitSelection selection;

  private JitKernels(JitCode jit) {
    this.jit = jit;
    selection = new JitSelection(jit);
  }

  /**
   * The tier at a level of this CPU.
   *
   * @param level or {@code null} for the best that the CPU has
   * @throws UnsupportedOperationException with the reason if there is none, or not the one asked for
   */
  static JitKernels of(JitLevel level) {
    ExecutableMemory memory = ExecutableMemory.open();
    return of(level, memory, CpuFeatures.detect(memory));
  }

  /** The same for a CPU that is described. */
  static JitKernels of(JitLevel level, ExecutableMemory memory, CpuFeatures cpu) {
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new UnsupportedOperationException("this CPU is big-endian");
    }
    if (level != null && !cpu.has(level.needed())) {
      throw new UnsupportedOperationException(
          "level " + level.levelName() + " needs " + level.needed() + ", and this CPU has only " + cpu.features());
    }
    JitLevel chosen = level != null
        ? level
        : Arrays.stream(JitLevel.values()).filter(candidate -> cpu.has(candidate.needed())).findFirst().orElseThrow(
            () -> new UnsupportedOperationException(
                "this CPU has no AVX2 with FMA and F16C, the least that code is written for"));
    return new JitKernels(new JitCode(chosen, memory));
  }

  @Override
  public String name() {
    return "jit";
  }

  @Override
  public String description() {
    return "jit, " + jit.level().levelName();
  }

  @Override
  public WeightLayout layout(PackedSource source) {
    return JitLayout.of(source);
  }

  @Override
  public PackedWeights bind(PackedSource source, MemorySegment packed) {
    return new JitWeights(source, JitLayout.of(source), packed);
  }

  @Override
  public ContentHash contentHash() {
    return new JitContentHash(jit.sha256(), jit.level().vectorBytes());
  }

  @Override
  public Operators operators(Workers workers) {
    return new CheckedOperators(new JitOperators(jit, workers));
  }

  @Override
  public int argMax(MemorySegment values, int count) {
    Operands.checkSelection(values, count, 1, 1, 1);
    return selection.argMax(values, count);
  }

  @Override
  public boolean hasNaN(MemorySegment values, int count) {
    Operands.checkSelection(values, count, 1, 1, 1);
    return selection.hasNaN(values, count);
  }

  @Override
  public void topK(MemorySegment values, int count, int k, int[] indices, float[] largest) {
    Operands.checkSelection(values, count, k, indices.length, largest.length);
    selection.topK(values, count, k, indices, largest);
  }

  @Override
  public void fullyConnected(
      MemorySegment x, int rows, PackedWeights weights, MemorySegment bias, MemorySegment y, Workers workers) {
    PackedSource source = weights.source();
    Operands.checkFullyConnected(x, rows, source.rows(), source.columns(), bias, y);
    Operators operators = operators(workers);
    Epilogue none = new Epilogue.None();
    Matrix result = Matrix.dense(y, rows, source.rows());
    try (Arena arena = Arena.ofConfined()) { // only machine code of other threads reads it
      Matrix input = Matrix.dense(own(x, (long) rows * source.columns(), arena), rows, source.columns());
      if (!source.quantized()) {
        operators.linear(input, weights, bias, none, result).run(rows, 0);
        return;
      }
      MemorySegment memory = arena.allocate(operators.codesBytes(rows, source.columns()), 64);
      Codes codes = new Codes(memory, rows, source.columns());
      operators.quantize(input, codes).run(rows, 0);
      operators.linear(codes, weights, bias, none, result).run(rows, 0);
    }
  }

  /** Memory that machine code may read: an access to a file that was cut meanwhile would end the JVM there. */
  private static MemorySegment own(MemorySegment operand, long floats, Arena arena) {
    return operand.isMapped() ? arena.allocate(4 * floats, 64).copyFrom(operand.asSlice(0, 4 * floats)) : operand;
  }

  @Override
  public void matrixProduct(
      MemorySegment a, MemorySegment b, boolean transposed, int rows, int inner, int columns, MemorySegment c,
      Workers workers) {
    Operands.checkMatrixProduct(a, b, rows, inner, columns, c);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment left = own(a, (long) rows * inner, arena);
      MemorySegment right = own(b, (long) inner * columns, arena);
      new JitProduct(jit, left, right, rows, inner, columns, c).run(transposed, workers, arena);
    }
  }
}
