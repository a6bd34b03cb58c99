package io.picaflor.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.kernels.KvLayout.Kind;
import io.picaflor.kernels.KvLayout.Precision;
import io.picaflor.platform.NativeCalls;
import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Machine code with each operand between two pages that nobody may touch: an access beside it ends the JVM, so that this test has run
 * is what it shows.
 */
class JitGuardPageTest {
  private static final int PAGE = 4096;
  private static final int NONE = 0;
  private static final int READ_WRITE = 3;
  private static final int PRIVATE_ANONYMOUS = 0x22;

  private final Random random = new Random(Tiers.SEED);

  static List<Kernels> tiers() {
    List<Kernels> jit = Tiers.all().stream().filter(tier -> tier.name().equals("jit")).toList();
    assertTrue(!jit.isEmpty() || !System.getProperty("os.arch").equals("amd64"), "no level of jit runs here");
    return jit;
  }

  /** Memory that ends (or, of whole pages, begins and ends) at a page that must not be touched; it stays until the JVM ends. */
  @SuppressWarnings("restricted") // an address that mmap returned
  private static MemorySegment guarded(long bytes) {
    MemorySegment mmap = NativeCalls.function("mmap").orElseThrow();
    MemorySegment mprotect = NativeCalls.function("mprotect").orElseThrow();
    long pages = (bytes + PAGE - 1) / PAGE;
    long address = NativeCalls.call(mmap, 0, (pages + 2) * PAGE, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0);
    assertTrue(address > 0);
    assertEquals(0, NativeCalls.call(mprotect, address, PAGE, NONE, 0, 0, 0));
    assertEquals(0, NativeCalls.call(mprotect, address + (pages + 1) * PAGE, PAGE, NONE, 0, 0, 0));
    return MemorySegment.ofAddress(address + PAGE + pages * PAGE - bytes).reinterpret(bytes);
  }

  private Matrix matrix(int rows, int columns) {
    MemorySegment memory = guarded(4L * rows * columns);
    for (long i = 0; i < (long) rows * columns; i++) {
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
    }
    return Matrix.dense(memory, rows, columns);
  }

  private Codes codes(Operators operators, int rows, int columns) {
    return new Codes(guarded(operators.codesBytes(rows, columns)), rows, columns);
  }

  @ParameterizedTest
  @MethodSource("tiers")
  void linearOperatorsStayInsideOfTheirOperands(Kernels tier) {
    try (Arena arena = Arena.ofShared(); Workers workers = new Workers(1)) {
      Operators operators = tier.operators(workers);
      for (int outputs : new int[] {1, 17, 64, 100}) {
        for (WeightMatrix weights : Matrices.eachFormat(arena, random, outputs, 96, Matrices.Fill.RANDOM)) {
          PackedSource source = PackedSource.of(weights, weights);
          WeightLayout layout = tier.layout(source);
          MemorySegment packed = guarded(layout.bytes(source, 0, 2 * outputs));
          layout.pack(source, 0, 2 * outputs, packed);
          PackedWeights bound = tier.bind(source, packed);
          for (int rows : new int[] {1, 2, 5, 7}) {
            linear(operators, bound, rows);
          }
        }
      }
    }
  }

  private void linear(Operators operators, PackedWeights weights, int rows) {
    int outputs = weights.source().rows();
    MemorySegment bias = matrix(1, outputs).memory();
    Epilogue add = new Epilogue.Add(matrix(rows, outputs));
    Epilogue gated = new Epilogue.Gated(Activation.SILU);
    Matrix x = matrix(rows, 96);
    if (weights.source().quantized()) {
      Codes codes = codes(operators, rows, 96);
      operators.quantize(x, codes).run(rows, 0);
      operators.linear(codes, weights, bias, add, matrix(rows, outputs)).run(rows, 0);
      operators.linear(codes, weights, null, gated, matrix(rows, outputs / 2)).run(rows, 0);
    } else {
      operators.linear(x, weights, bias, add, matrix(rows, outputs)).run(rows, 0);
      operators.linear(x, weights, null, gated, matrix(rows, outputs / 2)).run(rows, 0);
    }
  }

  @ParameterizedTest
  @MethodSource("tiers")
  void operatorsOnRowsStayInsideOfTheirOperands(Kernels tier) {
    try (Workers workers = new Workers(1)) {
      Operators operators = tier.operators(workers);
      for (int columns : new int[] {2, 14, 16, 18, 62, 66}) {
        List<Operator> all = new ArrayList<>();
        MemorySegment weight = matrix(1, columns).memory();
        all.add(operators.quantize(matrix(3, columns), codes(operators, 3, columns)));
        all.add(operators.rmsNorm(matrix(3, columns), 2, matrix(1, columns / 2).memory(), 1e-6f, matrix(3, columns)));
        all.add(operators.rmsNormQuantize(matrix(3, columns), weight, 1e-6f, matrix(3, columns),
            codes(operators, 3, columns)));
        all.add(operators.rmsNormAdd(matrix(3, columns), weight, 1e-6f, matrix(3, columns), matrix(3, columns)));
        all.add(operators.layerNorm(matrix(3, columns), weight, weight, 1e-6f, matrix(3, columns)));
        all.add(operators.rotary(matrix(3, columns), 1, matrix(3, columns / 2), matrix(3, columns / 2),
            matrix(3, columns)));
        all.add(operators.gated(Activation.GELU_TANH, matrix(3, columns), matrix(3, columns), matrix(3, columns)));
        all.add(operators.gated(Activation.GELU, matrix(3, columns), matrix(3, columns), matrix(3, columns)));
        all.add(operators.softCap(matrix(3, columns), 30, matrix(3, columns)));
        all.forEach(operator -> operator.run(3, 0));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("tiers")
  void attentionStaysInsideOfItsOperands(Kernels tier) {
    try (Workers workers = new Workers(1)) {
      Operators operators = tier.operators(workers);
      for (Precision precision : Precision.values()) {
        for (int size : new int[] {1, 7, 12, 16, 17, 40, 48, 64, 71}) {
          KvLayout keys = new KvLayout(Kind.KEYS, 2, size, precision, 128);
          KvLayout values = new KvLayout(Kind.VALUES, 2, size, precision, 128);
          Buffer k = new Buffer(keys, guarded(keys.bytes()));
          Buffer v = new Buffer(values, guarded(values.bytes()));
          operators.append(matrix(128, 2 * size), k).run(128, 0);
          operators.append(matrix(128, 2 * size), v).run(128, 0);
          AttentionShape shape = new AttentionShape(6, 2, size, size, 0.2f, 0, 70);
          for (int rows : new int[] {1, 7}) {
            operators.attention(shape, matrix(rows, 6 * size), k, v, null, matrix(rows, 6 * size))
                .run(rows, 128 - rows);
            operators.attention(shape, matrix(rows, 6 * size), k, v, matrix(rows, 128), matrix(rows, 6 * size))
                .run(rows, 128 - rows);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("tiers")
  void productsAndSelectionsStayInsideOfTheirOperands(Kernels tier) {
    try (Workers workers = new Workers(1)) {
      for (int rows : new int[] {1, 6, 9, 70}) {
        for (int columns : new int[] {1, 15, 16, 33, 64, 130}) {
          for (boolean transposed : new boolean[] {false, true}) {
            tier.matrixProduct(matrix(rows, 17).memory(), matrix(17, columns).memory(), transposed, rows, 17, columns,
                matrix(rows, columns).memory(), workers);
          }
        }
      }
      for (int count : new int[] {1, 15, 64, 130, 1000}) {
        tier.argMax(matrix(1, count).memory(), count);
        tier.topK(matrix(1, count).memory(), count, Math.min(count, 70), new int[70], new float[70]);
      }
    }
  }

  private record Buffer(KvLayout layout, MemorySegment memory) implements KvBuffer {}
}
