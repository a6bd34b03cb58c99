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
 * <p>Machine code reads nothing but native memory of our own: weights in panels, copies of biases. What it has no code for goes
 * to the next tier.
 */
final class JitKernels implements Kernels {
  private final JitCode jit;
  private final Kernels next;

  private JitKernels(JitCode jit, Kernels next) {
    this.jit = jit;
    this.next = next;
  }

  /**
   * The tier at a level of this CPU.
   *
   * @param level or {@code null} for the best that the CPU has
   * @throws UnsupportedOperationException with the reason if there is none, or not the one asked for
   */
  static JitKernels of(JitLevel level, Kernels next) {
    ExecutableMemory memory = ExecutableMemory.open();
    return of(level, next, memory, CpuFeatures.detect(memory));
  }

  /** The same for a CPU that is described. */
  static JitKernels of(JitLevel level, Kernels next, ExecutableMemory memory, CpuFeatures cpu) {
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
                "this CPU has no AVX2 with FMA, the least that code is written for"));
    return new JitKernels(new JitCode(chosen, memory), next);
  }

  @Override
  public String name() {
    return "jit";
  }

  @Override
  public String description() {
    return "jit, " + jit.level().levelName() + ", rest: " + next.description();
  }

  @Override
  public WeightLayout layout(PackedSource source) {
    JitLayout own = JitLayout.of(source);
    return own == null ? next.layout(source) : own;
  }

  @Override
  public PackedWeights bind(PackedSource source, MemorySegment packed) {
    JitLayout own = JitLayout.of(source);
    return own == null ? next.bind(source, packed) : new JitWeights(source, own, packed);
  }

  @Override
  public Operators operators(Workers workers) {
    return new CheckedOperators(new JitOperators(jit, next.operators(workers), workers));
  }

  @Override
  public int argMax(MemorySegment values, int count) {
    return next.argMax(values, count);
  }

  @Override
  public void topK(MemorySegment values, int count, int k, int[] indices, float[] largest) {
    next.topK(values, count, k, indices, largest);
  }

  @Override
  public void fullyConnected(
      MemorySegment x, int rows, PackedWeights weights, MemorySegment bias, MemorySegment y, Workers workers) {
    if (!(weights instanceof JitWeights own)) {
      next.fullyConnected(x, rows, weights, bias, y, workers);
      return;
    }
    PackedSource source = own.source();
    Operands.checkFullyConnected(x, rows, source.rows(), source.columns(), bias, y);
    Operators operators = operators(workers);
    try (Arena arena = Arena.ofConfined()) { // only machine code of other threads reads it
      MemorySegment memory = arena.allocate(operators.codesBytes(rows, source.columns()), 64);
      Codes codes = new Codes(memory, rows, source.columns());
      operators.quantize(Matrix.dense(x, rows, source.columns()), codes).run(rows, 0);
      operators.linear(codes, own, bias, new Epilogue.None(), Matrix.dense(y, rows, source.rows())).run(rows, 0);
    }
  }

  @Override
  public void matrixProduct(
      MemorySegment a, MemorySegment b, boolean transposed, int rows, int inner, int columns, MemorySegment c,
      Workers workers) {
    next.matrixProduct(a, b, transposed, rows, inner, columns, c, workers);
  }
}
