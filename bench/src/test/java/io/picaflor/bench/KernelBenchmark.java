package io.picaflor.bench;

import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.PackedWeights;
import io.picaflor.kernels.Workers;
import io.picaflor.quantization.WeightMatrix;
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
 * A fully connected layer with quantized weights, in the tier that runs here: one row of inputs, which is bound by the
 * memory that it reads, and 128 rows, which are bound by arithmetic. {@link MachineBenchmark} has the bounds.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class KernelBenchmark {
  private static final int INPUTS = 640;

  /** For one row: weights of 80 MB in int8, more than caches hold. */
  private static final int MANY_OUTPUTS = 131_072;

  /** For many rows: the size of a layer. */
  private static final int OUTPUTS = 2048;

  private static final int BLOCK = 32;

  @Param({"int8", "int4-block32"})
  private String weights;

  @Param({"1", "128"})
  private int rows;

  @Param("1")
  private int threads;

  private Arena arena;
  private Kernels kernels;
  private Workers workers;
  private PackedWeights packed;
  private MemorySegment x;
  private MemorySegment y;

  /** Random operands. */
  @Setup
  public void open() {
    arena = Arena.ofShared();
    workers = new Workers(threads);
    kernels = Kernels.choose(System.getProperty("picaflor.kernels"));
    int outputs = outputs(rows);
    Random random = new Random(1);
    long values = (long) outputs * INPUTS;
    packed = kernels.pack(switch (weights) {
      case "int8" -> new WeightMatrix.PerChannel(outputs, INPUTS, 8, bytes(random, values), scales(outputs));
      case "int4-block32" ->
          new WeightMatrix.Int4Blocks(outputs, INPUTS, BLOCK, bytes(random, values / 2), halfScales(values / BLOCK));
      default -> throw new IllegalArgumentException("weights: expected int8 or int4-block32, found '" + weights + "'");
    });
    x = arena.allocate(4L * rows * INPUTS, 64);
    for (int i = 0; i < rows * INPUTS; i++) {
      x.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
    }
    y = arena.allocate(4L * rows * outputs, 64);
  }

  private static int outputs(int rows) {
    return rows == 1 ? MANY_OUTPUTS : OUTPUTS;
  }

  /** Multiply-adds of one product. */
  static double multiplyAdds(int rows) {
    return (double) rows * outputs(rows) * INPUTS;
  }

  /** Bytes of weights, with scales, that one product reads. */
  static double weightBytes(String weights, int rows) {
    double values = (double) outputs(rows) * INPUTS;
    return weights.equals("int8") ? values + 4.0 * outputs(rows) : values / 2 + 2 * values / BLOCK;
  }

  private MemorySegment bytes(Random random, long count) {
    byte[] pattern = new byte[1 << 16];
    random.nextBytes(pattern);
    MemorySegment segment = arena.allocate(count, 64);
    for (long at = 0; at < count; at += pattern.length) {
      int length = (int) Math.min(pattern.length, count - at);
      MemorySegment.copy(pattern, 0, segment, ValueLayout.JAVA_BYTE, at, length);
    }
    return segment;
  }

  private MemorySegment scales(long count) {
    MemorySegment segment = arena.allocate(4 * count, 64);
    for (long i = 0; i < count; i++) {
      segment.setAtIndex(WeightMatrix.FLOAT, i, 0.005f);
    }
    return segment;
  }

  private MemorySegment halfScales(long count) {
    MemorySegment segment = arena.allocate(2 * count, 64);
    for (long i = 0; i < count; i++) {
      segment.setAtIndex(WeightMatrix.HALF, i, Float.floatToFloat16(0.005f));
    }
    return segment;
  }

  /** Frees what {@link #open} made. */
  @TearDown
  public void close() {
    workers.close();
    arena.close();
  }

  /** One product. */
  @Benchmark
  public MemorySegment product() {
    kernels.fullyConnected(x, rows, packed, null, y, workers);
    return y;
  }
}
