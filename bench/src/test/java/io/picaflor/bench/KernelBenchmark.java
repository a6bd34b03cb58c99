package io.picaflor.bench;

import io.picaflor.kernels.Activation;
import io.picaflor.kernels.Codes;
import io.picaflor.kernels.Epilogue;
import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.Matrix;
import io.picaflor.kernels.Operator;
import io.picaflor.kernels.Operators;
import io.picaflor.kernels.PackedWeights;
import io.picaflor.kernels.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
 * Operators at the sizes of Gemma 3 270M, in the tier that runs here. A product of one row is bound by the memory that it
 * reads, one of many rows by arithmetic; {@link MachineBenchmark} has the bounds, {@link BenchmarkRun} makes fractions of
 * them. The rate of int8 multiply-adds is the bound of the tier {@code jit}; {@code jdk.incubator.vector} has none, so {@code
 * vector} is held against that of float32.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 5, time = 1)
public class KernelBenchmark {
  /** Weights of one row's products are read from memory: more than caches hold. */
  private static final double UNCACHED_BYTES = 96 << 20;

  @Param("1")
  private int threads;

  private Arena arena;
  private Workers workers;
  private Kernels kernels;
  private Operators operators;

  /** Chooses the tier. */
  @Setup
  public void open() {
    arena = Arena.ofShared();
    workers = new Workers(threads);
    kernels = Kernels.choose(System.getProperty("picaflor.kernels"));
    operators = kernels.operators(workers);
  }

  /** Frees what {@link #open} made. */
  @TearDown
  public void close() {
    workers.close();
    arena.close();
  }

  private Matrix matrix(int rows, int columns) {
    Matrix matrix = Matrix.dense(arena.allocate(4L * rows * columns, 64), rows, columns);
    Random random = new Random(2);
    for (long i = 0; i < (long) rows * columns; i++) {
      matrix.memory().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
    }
    return matrix;
  }

  private Codes codes(int rows, int columns) {
    Codes codes = new Codes(arena.allocate(operators.codesBytes(rows, columns), 64), rows, columns);
    operators.quantize(matrix(rows, columns), codes).run(rows, 0);
    return codes;
  }

  private Operator linear(String weights, int rows, int inputs, int outputs) {
    PackedWeights packed = kernels.pack(BenchmarkWeights.of(arena, weights, outputs, inputs));
    return operators.linear(codes(rows, inputs), packed, null, new Epilogue.None(), matrix(rows, outputs));
  }

  /** A layer's product. */
  @State(Scope.Benchmark)
  public static class Layer {
    @Param({"int8", "int4", "int4-block32"})
    private String weights;

    /** Inputs by outputs. */
    @Param({"640x2048", "2048x640"})
    private String shape;

    @Param({"1", "32", "128"})
    private int rows;

    private Operator[] operators;
    private int next;

    /** As many layers as memory holds and caches do not, for one row. */
    @Setup(Level.Trial)
    public void open(KernelBenchmark kernel) {
      int inputs = inputs(shape);
      int outputs = outputs(shape);
      double bytes = BenchmarkWeights.bytes(weights, outputs, inputs);
      operators = new Operator[rows == 1 ? (int) Math.ceil(UNCACHED_BYTES / bytes) : 1];
      for (int i = 0; i < operators.length; i++) {
        operators[i] = kernel.linear(weights, rows, inputs, outputs);
      }
    }

    private Operator next() {
      next = next + 1 == operators.length ? 0 : next + 1;
      return operators[next];
    }
  }

  static int inputs(String shape) {
    return Integer.parseInt(shape.substring(0, shape.indexOf('x')));
  }

  static int outputs(String shape) {
    return Integer.parseInt(shape.substring(shape.indexOf('x') + 1));
  }

  /** The output head's product, which reads half of the model for one row. */
  @State(Scope.Benchmark)
  public static class Head {
    static final int INPUTS = 640;
    static final int OUTPUTS = 262_144;

    @Param({"int8", "int4", "int4-block32"})
    private String weights;

    private Operator operator;

    /** One row. */
    @Setup(Level.Trial)
    public void open(KernelBenchmark kernel) {
      operator = kernel.linear(weights, 1, INPUTS, OUTPUTS);
    }
  }

  /** What stands between the products. */
  @State(Scope.Benchmark)
  public static class Between {
    @Param({"1", "128"})
    private int rows;

    private Operator quantize;
    private Operator norm;
    private Operator gate;

    /** Rows of random numbers. */
    @Setup(Level.Trial)
    public void open(KernelBenchmark kernel) {
      MemorySegment weight = kernel.matrix(1, 640).memory();
      quantize = kernel.operators.quantize(kernel.matrix(rows, 2048), kernel.codes(rows, 2048));
      norm = kernel.operators.rmsNormQuantize(kernel.matrix(rows, 640), weight, 1e-6f, null, kernel.codes(rows, 640));
      Matrix up = kernel.matrix(rows, 2048);
      gate = kernel.operators.gated(Activation.GELU_TANH, kernel.matrix(rows, 2048), up, kernel.matrix(rows, 2048));
    }
  }

  /** Fully connected layer with quantized inputs. */
  @Benchmark
  public void linear(Layer layer) {
    layer.next().run(layer.rows, 0);
  }

  /** The same for the output head. */
  @Benchmark
  public void head(Head head) {
    head.operator.run(1, 0);
  }

  /** Quantization of rows of 2048. */
  @Benchmark
  public void quantize(Between between) {
    between.quantize.run(between.rows, 0);
  }

  /** RMS norm and quantization of rows of 640. */
  @Benchmark
  public void normQuantize(Between between) {
    between.norm.run(between.rows, 0);
  }

  /** GELU of rows of 2048, multiplied by others. */
  @Benchmark
  public void gate(Between between) {
    between.gate.run(between.rows, 0);
  }
}
