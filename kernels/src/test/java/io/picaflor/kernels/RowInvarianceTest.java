package io.picaflor.kernels;

import io.picaflor.kernels.KvLayout.Kind;
import io.picaflor.kernels.KvLayout.Precision;
import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/**
 * The contract of every operator of every tier: a row's result has the same bits, whatever rows run beside it and however
 * many threads there are.
 */
class RowInvarianceTest {

  /** Runs some rows that begin at one, on threads, into the same rows of the result. */
  @FunctionalInterface
  private interface Chunk {
    void run(Kernels tier, Workers workers, int from, int rows, Guarded y);
  }

  private static void holds(List<Integer> chunks, int threads, int columns, Chunk operation, String what) {
    int rows = chunks.stream().mapToInt(Integer::intValue).sum();
    for (Kernels tier : Tiers.all()) {
      try (Arena arena = Arena.ofShared(); Workers one = new Workers(1); Workers several = new Workers(threads)) {
        Guarded together = new Guarded(arena, rows, columns, columns + 3);
        Guarded apart = new Guarded(arena, rows, columns, columns + 3);
        operation.run(tier, one, 0, rows, together);
        int from = 0;
        for (int chunk : chunks) {
          operation.run(tier, several, from, chunk, apart);
          from += chunk;
        }
        Parity.assertSameBits(together, apart, rows, tier.name() + ", " + what);
        apart.assertNothingWrittenBeside(rows, tier.name() + ", " + what);
      }
    }
  }

  private static int rows(List<Integer> chunks) {
    return chunks.stream().mapToInt(Integer::intValue).sum();
  }

  @Property(tries = 40)
  void linearOperators(@ForAll @Size(min = 1, max = 6) List<@IntRange(min = 1, max = 9) Integer> chunks,
      @ForAll @IntRange(min = 1, max = 3) int threads, @ForAll @IntRange(min = 1, max = 150) int outputs,
      @ForAll @IntRange(min = 1, max = 5) int groups, @ForAll long seed) {
    try (Arena arena = Arena.ofShared()) {
      Random random = new Random(seed);
      int columns = 64 * groups;
      Guarded x = Guarded.of(arena, random, rows(chunks), columns, columns + 1, Matrices.Fill.RANDOM);
      Guarded residual = Guarded.of(arena, random, rows(chunks), 2 * outputs, 2 * outputs, Matrices.Fill.RANDOM);
      List<WeightMatrix> gates = Matrices.eachFormat(arena, random, outputs, columns, Matrices.Fill.RANDOM);
      for (WeightMatrix gate : gates) {
        PackedSource source = PackedSource.of(gate, gate);
        MemorySegment bias = Matrices.activations(arena, random, 2L * outputs, Matrices.Fill.RANDOM);
        holds(chunks, threads, 2 * outputs, (tier, workers, from, n, y) -> linear(arena, tier, workers, source,
            from(x, from, n), bias, new Epilogue.None(), from(y, from, n)), source + " x " + outputs);
        holds(chunks, threads, 2 * outputs, (tier, workers, from, n, y) -> linear(arena, tier, workers, source,
            from(x, from, n), null, new Epilogue.Add(from(residual, from, n)), from(y, from, n)), source + ", added");
        holds(chunks, threads, outputs, (tier, workers, from, n, y) -> linear(arena, tier, workers, source,
            from(x, from, n), bias, new Epilogue.Gated(Activation.GELU_TANH), from(y, from, n)), source + ", gated");
      }
    }
  }

  /** Panels in several goes, with one row and with so many that a go is one panel. */
  @Test
  void gatedOperatorsOfManyRowsAndPanels() {
    try (Arena arena = Arena.ofShared()) {
      Random random = new Random(Tiers.SEED);
      int outputs = 5 * 64;
      List<Integer> chunks = List.of(1, 130, 40, 1);
      Guarded x = Guarded.of(arena, random, rows(chunks), 64, 65, Matrices.Fill.RANDOM);
      MemorySegment bias = Matrices.activations(arena, random, 2L * outputs, Matrices.Fill.RANDOM);
      for (WeightMatrix gate : Matrices.eachFormat(arena, random, outputs, 64, Matrices.Fill.RANDOM)) {
        PackedSource source = PackedSource.of(gate, gate);
        holds(chunks, 3, outputs, (tier, workers, from, n, y) -> linear(arena, tier, workers, source,
            from(x, from, n), bias, new Epilogue.Gated(Activation.SILU), from(y, from, n)), source + ", gated");
      }
    }
  }

  private static void linear(Arena arena, Kernels tier, Workers workers, PackedSource source, Matrix x,
      MemorySegment bias, Epilogue epilogue, Matrix y) {
    Operators operators = tier.operators(workers);
    PackedWeights weights = tier.pack(source);
    if (source.quantized()) {
      Codes codes = new Codes(arena.allocate(operators.codesBytes(x.rows(), x.columns()), 64), x.rows(), x.columns());
      operators.quantize(x, codes).run(x.rows(), 0);
      operators.linear(codes, weights, bias, epilogue, y).run(x.rows(), 0);
    } else {
      operators.linear(x, weights, bias, epilogue, y).run(x.rows(), 0);
    }
  }

  private static Matrix from(Guarded matrix, int row, int rows) {
    Matrix rest = matrix.from(row);
    return new Matrix(rest.memory(), rows, rest.columns(), rest.stride());
  }

  @Property(tries = 60)
  void rowWiseOperators(@ForAll @Size(min = 1, max = 6) List<@IntRange(min = 1, max = 9) Integer> chunks,
      @ForAll @IntRange(min = 1, max = 3) int threads, @ForAll @IntRange(min = 1, max = 9) int heads,
      @ForAll @IntRange(min = 1, max = 70) int half, @ForAll long seed) {
    try (Arena arena = Arena.ofShared()) {
      Random random = new Random(seed);
      int rows = rows(chunks);
      int columns = heads * 2 * half;
      Guarded a = Guarded.of(arena, random, rows, columns, columns + 1, Matrices.Fill.RANDOM);
      Guarded b = Guarded.of(arena, random, rows, columns, columns, Matrices.Fill.RANDOM);
      Guarded angles = Guarded.of(arena, random, rows, half, half, Matrices.Fill.RANDOM);
      MemorySegment weight = Matrices.activations(arena, random, columns, Matrices.Fill.RANDOM);
      String what = rows + " rows of " + heads + " x 2 x " + half;
      List<Making> operators = List.of(
          (o, at, y) -> o.rmsNorm(at.of(a), heads, weight.asSlice(0, 8L * half), 1e-6f, y),
          (o, at, y) -> o.rmsNormAdd(at.of(a), weight, 1e-6f, at.of(b), y),
          (o, at, y) -> o.layerNorm(at.of(a), weight, weight, 1e-6f, y),
          (o, at, y) -> o.rotary(at.of(a), heads, at.of(angles), at.of(angles), y),
          (o, at, y) -> o.activation(Activation.GELU, at.of(a), y),
          (o, at, y) -> o.activation(Activation.SILU, at.of(a), y),
          (o, at, y) -> o.gated(Activation.GELU_TANH, at.of(a), at.of(b), y),
          (o, at, y) -> o.add(at.of(a), at.of(b), y),
          (o, at, y) -> o.multiply(at.of(a), at.of(b), y), (o, at, y) -> o.scale(at.of(a), 0.3f, y),
          (o, at, y) -> o.softCap(at.of(a), 2f, y));
      for (Making making : operators) {
        holds(chunks, threads, columns, (tier, workers, from, n, y) -> making
            .make(tier.operators(workers), matrix -> from(matrix, from, n), from(y, from, n)).run(n, 0), what);
      }
    }
  }

  private interface Making {
    Operator make(Operators operators, Rows rows, Matrix y);
  }

  private interface Rows {
    Matrix of(Guarded whole);
  }

  /** The specification's own order is that of positions; the others' has to be one of absolute positions, in rings too. */
  @Property(tries = 60)
  void attention(@ForAll @Size(min = 1, max = 20) List<@IntRange(min = 1, max = 33) Integer> chunks,
      @ForAll @IntRange(min = 1, max = 3) int threads, @ForAll @IntRange(min = 1, max = 3) int kvHeads,
      @ForAll @IntRange(min = 1, max = 4) int group, @ForAll @IntRange(min = 1, max = 40) int size,
      @ForAll @IntRange(min = 1, max = 150) int window, @ForAll boolean narrow, @ForAll boolean capped,
      @ForAll long seed) {
    try (Arena arena = Arena.ofShared()) {
      Random random = new Random(seed);
      int rows = rows(chunks);
      AttentionShape shape = new AttentionShape(
          group * kvHeads, kvHeads, size, size, 0.3f, capped ? 5f : 0f, window > 140 ? Integer.MAX_VALUE : window);
      Precision precision = narrow ? Precision.BF16 : Precision.F32;
      Guarded q = Guarded.of(arena, random, rows, shape.heads() * size, shape.heads() * size, Matrices.Fill.RANDOM);
      Guarded k = Guarded.of(arena, random, rows, kvHeads * size, kvHeads * size, Matrices.Fill.RANDOM);
      Guarded v = Guarded.of(arena, random, rows, kvHeads * size, kvHeads * size, Matrices.Fill.RANDOM);
      int all = blocks(rows);
      int ring = window > 140 ? all : blocks(window + 33);
      KvBuffer[] buffers = new KvBuffer[2];
      holds(chunks, threads, shape.heads() * size, (tier, workers, from, n, y) -> {
        if (from == 0) { // one buffer for all rows in one go, or a new one for the chunks: a ring of another capacity
          int capacity = n == rows ? all : ring;
          buffers[0] = KvBuffers.of(arena, new KvLayout(Kind.KEYS, kvHeads, size, precision, capacity));
          buffers[1] = KvBuffers.of(arena, new KvLayout(Kind.VALUES, kvHeads, size, precision, capacity));
        }
        Operators operators = tier.operators(workers);
        operators.append(from(k, from, n), buffers[0]).run(n, from);
        operators.append(from(v, from, n), buffers[1]).run(n, from);
        operators.attention(shape, from(q, from, n), buffers[0], buffers[1], null, from(y, from, n)).run(n, from);
      }, shape + ", " + precision + ", chunks of " + chunks);
    }
  }

  private static int blocks(int positions) {
    return Math.ceilDiv(positions, KvLayout.BLOCK) * KvLayout.BLOCK;
  }
}
