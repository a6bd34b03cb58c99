package io.picaflor.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.picaflor.kernels.KvLayout.Kind;
import io.picaflor.kernels.KvLayout.Precision;
import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Running operators allocates nothing on the heap, once they are compiled: neither objects of their own nor vectors that the
 * compiler failed to keep in registers, which would be slow as well.
 */
class OperatorAllocationTest {
  private static final int RUNS = 200;

  /**
   * Compilation begins after some thousand runs; vectors that are boxed stay so for ever. Batches count while nothing is left
   * to compile: runs are many times faster than compilers.
   */
  private static final int MOST_BATCHES = 400;

  /** So many in a row: one alone shows that nothing can be allocated, not that it stays so. */
  private static final int CLEAN_BATCHES = 5;

  private static final int ROWS = 5;
  private static final int COLUMNS = 96;

  @ParameterizedTest
  @MethodSource("io.picaflor.kernels.Tiers#all")
  void runningAllocatesNothingOnceItIsCompiled(Kernels tier) throws Exception {
    try (Arena arena = Arena.ofShared(); Workers workers = new Workers(1)) {
      List<String> found = new ArrayList<>();
      for (Map.Entry<String, Operator> operator : operators(tier, workers, arena).entrySet()) {
        for (int rows : new int[] {1, ROWS}) {
          long left = 0;
          int clean = 0;
          for (int batch = 0; clean < CLEAN_BATCHES && batch < MOST_BATCHES; batch += Compilers.idle() ? 1 : 0) {
            long bytes = allocatedBy(operator.getValue(), rows) / RUNS;
            clean = bytes == 0 ? clean + 1 : 0;
            left = bytes == 0 ? left : bytes;
          }
          if (clean < CLEAN_BATCHES) {
            found.add(operator.getKey() + ", " + rows + " rows: " + left + " bytes a run");
          }
        }
      }
      assertEquals(List.of(), found, tier.name());
    }
  }

  private static long allocatedBy(Operator operator, int rows) throws Exception {
    long before = allocatedBytes();
    for (int i = 0; i < RUNS; i++) {
      operator.run(rows, 70);
    }
    return allocatedBytes() - before;
  }

  /** By reflection, since the module under test does not read the one of the JVM's management. */
  private static long allocatedBytes() throws Exception {
    return (long) COUNTER.invoke(THREADS);
  }

  private static final Object THREADS;
  private static final Method COUNTER;

  static {
    try {
      THREADS = Class.forName("java.lang.management.ManagementFactory").getMethod("getThreadMXBean").invoke(null);
      COUNTER = Class.forName("com.sun.management.ThreadMXBean").getMethod("getCurrentThreadAllocatedBytes");
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static Map<String, Operator> operators(Kernels tier, Workers workers, Arena arena) {
    Operators make = tier.operators(workers);
    Random random = new Random(Tiers.SEED);
    Matrix a = matrix(arena, random);
    Matrix b = matrix(arena, random);
    Matrix y = matrix(arena, random);
    Matrix half = a.columns(0, COLUMNS / 6);
    MemorySegment weight = Matrices.activations(arena, random, COLUMNS, Matrices.Fill.RANDOM);
    Codes codes = new Codes(arena.allocate(make.codesBytes(ROWS, COLUMNS), 64), ROWS, COLUMNS);
    make.quantize(a, codes).run(ROWS, 0);
    Map<String, Operator> result = new LinkedHashMap<>();
    result.put("quantize", make.quantize(a, codes));
    result.put("rmsNorm", make.rmsNorm(a, 3, weight.asSlice(0, 4L * COLUMNS / 3), 1e-6f, y));
    result.put("rmsNormQuantize", make.rmsNormQuantize(a, weight, 1e-6f, null, codes));
    result.put("rmsNormAdd", make.rmsNormAdd(a, weight, 1e-6f, b, y));
    result.put("layerNorm", make.layerNorm(a, weight, weight, 1e-6f, y));
    result.put("rotary", make.rotary(a, 3, half, half, y));
    result.put("add", make.add(a, b, y));
    result.put("multiply", make.multiply(a, b, y));
    result.put("scale", make.scale(a, 0.5f, y));
    result.put("softCap", make.softCap(a, 30f, y));
    for (Activation activation : Activation.values()) {
      result.put(activation.name(), make.activation(activation, a, y));
      result.put("gated " + activation, make.gated(activation, a, b, y));
    }
    for (WeightMatrix part : Matrices.eachFormat(arena, random, COLUMNS, COLUMNS, Matrices.Fill.RANDOM)) {
      String name = switch (part) {
        case WeightMatrix.PerChannel w -> "int" + w.bits();
        case WeightMatrix.Int4Blocks w -> "int4 in blocks of " + w.blockSize();
        case WeightMatrix.Float32 _ -> "float32";
        case WeightMatrix.Float16 _ -> "float16";
      };
      PackedWeights one = tier.pack(PackedSource.of(part));
      PackedWeights two = tier.pack(PackedSource.of(part, part));
      Epilogue add = new Epilogue.Add(b);
      Epilogue gated = new Epilogue.Gated(Activation.GELU_TANH);
      boolean quantized = one.source().quantized();
      result.put("linear " + name,
          quantized ? make.linear(codes, one, weight, add, y) : make.linear(a, one, weight, add, y));
      result.put("gated linear " + name,
          quantized ? make.linear(codes, two, null, gated, y) : make.linear(a, two, null, gated, y));
    }
    for (Precision precision : Precision.values()) {
      KvBuffer keys = KvBuffers.of(arena, new KvLayout(Kind.KEYS, 3, COLUMNS / 3, precision, 128));
      KvBuffer values = KvBuffers.of(arena, new KvLayout(Kind.VALUES, 3, COLUMNS / 3, precision, 128));
      AttentionShape shape = new AttentionShape(3, 3, COLUMNS / 3, COLUMNS / 3, 0.125f, 50f, 100);
      result.put("append keys " + precision, make.append(a, keys));
      result.put("append values " + precision, make.append(a, values));
      result.put("attention " + precision, make.attention(shape, a, keys, values, null, y));
      result.put("masked attention " + precision, make.attention(shape, a, keys, values, b, y));
    }
    return result;
  }

  private static Matrix matrix(Arena arena, Random random) {
    MemorySegment memory = Matrices.activations(arena, random, (long) ROWS * COLUMNS, Matrices.Fill.RANDOM);
    return Matrix.dense(memory, ROWS, COLUMNS);
  }
}
