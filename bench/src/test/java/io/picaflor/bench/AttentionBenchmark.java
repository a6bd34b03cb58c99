package io.picaflor.bench;

import io.picaflor.kernels.AttentionShape;
import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.KvBuffer;
import io.picaflor.kernels.KvLayout;
import io.picaflor.kernels.KvLayout.Kind;
import io.picaflor.kernels.KvLayout.Precision;
import io.picaflor.kernels.Matrix;
import io.picaflor.kernels.Operator;
import io.picaflor.kernels.Operators;
import io.picaflor.kernels.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Attention of Gemma 3 270M's shape (4 heads over one of keys and values, 256 channels) in the tier that runs here: {@code
 * decode} of one row, which is bound by the memory that it reads, and {@code prefill} of an empty context, which is bound by
 * arithmetic. {@link MachineBenchmark} has the bounds.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class AttentionBenchmark {
  private static final AttentionShape SHAPE = new AttentionShape(4, 1, 256, 256, 0.0625f, 0, Integer.MAX_VALUE);

  /** Keys and values of all layers together: more than caches hold, as the weights between two layers leave nothing there. */
  private static final long DECODE_BYTES = 160L << 20;

  /** One row at a depth, or so many rows at depth 0. */
  @Param({"decode-128", "decode-1000", "prefill-128", "prefill-512"})
  private String step;

  @Param({"F32", "BF16"})
  private Precision precision;

  @Param("1")
  private int threads;

  private Arena arena;
  private Workers workers;
  private Operator[] layers;
  private int layer;

  private record Fixed(KvLayout layout, MemorySegment memory) implements KvBuffer {}

  /** Layers with random keys and values up to the step. */
  @Setup
  public void open() {
    arena = Arena.ofShared();
    workers = new Workers(threads);
    Operators operators = Kernels.choose(System.getProperty("picaflor.kernels")).operators(workers);
    int filled = depth(step) + rows(step);
    int capacity = Math.ceilDiv(filled, KvLayout.BLOCK) * KvLayout.BLOCK;
    Random random = new Random(1);
    Matrix x = random(random, filled, SHAPE.keySize());
    Matrix q = random(random, rows(step), SHAPE.heads() * SHAPE.keySize());
    Matrix y = random(random, rows(step), SHAPE.heads() * SHAPE.valueSize());
    KvLayout keys = new KvLayout(Kind.KEYS, SHAPE.kvHeads(), SHAPE.keySize(), precision, capacity);
    KvLayout values = new KvLayout(Kind.VALUES, SHAPE.kvHeads(), SHAPE.valueSize(), precision, capacity);
    layers = new Operator[rows(step) > 1 ? 1 : Math.ceilDiv((int) DECODE_BYTES, (int) (keys.bytes() + values.bytes()))];
    for (int i = 0; i < layers.length; i++) {
      KvBuffer k = new Fixed(keys, arena.allocate(keys.bytes(), 64));
      KvBuffer v = new Fixed(values, arena.allocate(values.bytes(), 64));
      operators.append(x, k).run(filled, 0);
      operators.append(x, v).run(filled, 0);
      layers[i] = operators.attention(SHAPE, q, k, v, null, y);
    }
  }

  private Matrix random(Random random, int rows, int columns) {
    MemorySegment memory = arena.allocate(4L * rows * columns, 64);
    for (long i = 0; i < (long) rows * columns; i++) {
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
    }
    return Matrix.dense(memory, rows, columns);
  }

  private static int number(String step) {
    return Integer.parseInt(step.substring(step.indexOf('-') + 1));
  }

  private static int depth(String step) {
    return step.startsWith("decode") ? number(step) : 0;
  }

  static int rows(String step) {
    return step.startsWith("decode") ? 1 : number(step);
  }

  /** Multiply-adds over the positions that the rows see. */
  static double multiplyAdds(String step) {
    double seen = (double) rows(step) * depth(step) + rows(step) * (rows(step) + 1) / 2.0;
    return seen * SHAPE.heads() * (SHAPE.keySize() + SHAPE.valueSize());
  }

  /** Bytes of keys and values of the positions that the last row sees. */
  static double bytes(String step, Precision precision) {
    double positions = depth(step) + rows(step);
    return positions * SHAPE.kvHeads() * (SHAPE.keySize() + SHAPE.valueSize()) * precision.bytes();
  }

  /** Frees what {@link #open} made. */
  @TearDown
  public void close() {
    workers.close();
    arena.close();
  }

  /** One layer's attention; the next call takes the next layer. */
  @Benchmark
  public void attention() {
    layers[layer].run(rows(step), depth(step));
    layer = layer + 1 == layers.length ? 0 : layer + 1;
  }
}
