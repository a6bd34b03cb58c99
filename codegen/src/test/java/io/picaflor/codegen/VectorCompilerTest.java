package io.picaflor.codegen;

import static io.picaflor.codegen.VectorProgram.constant;
import static io.picaflor.codegen.VectorProgram.parameter;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.picaflor.codegen.CpuFeatures.Feature;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Machine code against the interpreter, bit for bit, with every back end that this CPU can run. */
class VectorCompilerTest {
  private static final int[] SIZES = {1, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 64, 100, 640};

  /** One back end, ready to run. */
  private record BackEnd(String name, CodeForm codeForm) {
    MemorySegment compile(VectorProgram program) {
      X64Assembler code = new X64Assembler();
      var entry = name.equals("avx512")
          ? VectorCompiler.avx512(code, codeForm, program)
          : VectorCompiler.avx2(code, codeForm, program);
      return MemorySegment.ofAddress(memory.add(code) + entry.position());
    }
  }

  private static ExecutableMemory memory;
  private static final List<BackEnd> BACK_ENDS = new ArrayList<>();

  @BeforeAll
  static void findBackEnds() {
    assumeTrue(ExecutableMemory.systemObstacle(System.getProperty("os.name"), System.getProperty("os.arch")) == null,
        "no machine code is written for this system");
    memory = ExecutableMemory.open();
    CpuFeatures cpu = CpuFeatures.detect(memory);
    if (cpu.has(Set.of(Feature.AVX2, Feature.FMA))) {
      BACK_ENDS.add(new BackEnd("avx2", CodeForm.U8));
      BACK_ENDS.add(new BackEnd("avx2", CodeForm.S16_PAIRS));
    }
    if (cpu.has(Set.of(Feature.AVX512))) {
      BACK_ENDS.add(new BackEnd("avx512", CodeForm.U8));
    }
    assertTrue(!BACK_ENDS.isEmpty(), "no CPU of the last ten years lacks AVX2");
  }

  /** Runs a program of two inputs and one output on rows of two groups. */
  private static void check(String what, VectorProgram program, Random random, float spread) {
    for (BackEnd backEnd : BACK_ENDS) {
      MemorySegment code = backEnd.compile(program);
      for (int size : SIZES) {
        try (Arena arena = Arena.ofConfined()) {
          int count = 3 * 2 * size;
          MemorySegment x = floats(arena, random, count, spread);
          MemorySegment w = floats(arena, random, size, spread);
          MemorySegment expected = floats(arena, random, count, spread);
          MemorySegment found = arena.allocate(4L * count + 64, 64); // 64 bytes behind it must stay as they are
          MemorySegment.copy(expected, 0, found, 0, 4L * count);
          VectorCall interpreted = call(size, x, w, expected);
          VectorCall run = call(size, x, w, found);
          new VectorInterpreter(program, backEnd.codeForm).run(interpreted, 1, 2);
          run.run(code, 1, 2);
          assertArrayEquals(bits(expected), bits(found.asSlice(0, 4L * count)), what + " " + backEnd + " of " + size);
          assertEquals(-1, found.asSlice(4L * count).mismatch(arena.allocate(64)),
              what + " " + backEnd + " of " + size);
        }
      }
    }
  }

  private static VectorCall call(int size, MemorySegment x, MemorySegment w, MemorySegment y) {
    return new VectorCall(size, 2).argument(0, x, 8L * size, 4L * size).argument(1, w, 0, 0)
        .argument(2, y, 8L * size, 4L * size).parameter(0, 0.75f).parameter(15, -2.5f);
  }

  private static MemorySegment floats(Arena arena, Random random, int count, float spread) {
    MemorySegment segment = arena.allocate(4L * count, 4);
    for (int i = 0; i < count; i++) {
      float value = switch (random.nextInt(40)) {
        case 0 -> 0f;
        case 1 -> -0f;
        case 2 -> spread;
        default -> (float) random.nextGaussian() * spread;
      };
      segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
    }
    return segment;
  }

  private static int[] bits(MemorySegment floats) {
    return floats.toArray(ValueLayout.JAVA_INT);
  }

  @Test
  void arithmeticGivesTheBitsOfTheInterpreter() {
    VectorProgram program = VectorProgram.of(3).loop(b -> {
      var x = b.load(0);
      var w = b.load(1);
      var sum = b.add(b.sub(x, constant(0.3f)), b.mul(w, parameter(0)));
      var kept = b.fma(x, w, sum);
      var second = b.fma(constant(2f), x, w);
      var third = b.fma(x, constant(3f), parameter(15));
      var fourth = b.fma(x, x, x);
      var root = b.sqrt(b.max(b.sub(constant(0f), x), x));
      var ratio = b.div(constant(1f), b.add(root, constant(1e-3f)));
      var chosen = b.select(x, w, b.rint(b.mul(x, constant(3f))), b.min(w, parameter(15)));
      b.store(2, b.add(b.add(b.add(kept, second), b.add(third, fourth)), b.add(ratio, chosen)));
    }).build();
    check("arithmetic", program, new Random(1), 2f);
  }

  @Test
  void reductionsFoldInOneOrder() {
    var program = VectorProgram.of(3);
    var sum = program.slot();
    var most = program.slot();
    var least = program.slot();
    var mixed = program.slot();
    check("reductions", program.loop(b -> {
      var x = b.load(0);
      b.sum(sum, b.mul(x, x));
      b.largest(most, x);
      b.smallest(least, x);
    }).once(b -> b.set(mixed, b.div(sum, b.sub(most, b.sub(least, constant(1f))))))
        .loop(b -> b.store(2, b.fma(b.load(0), mixed, b.mul(b.load(1), least)))).build(), new Random(2), 3f);
  }

  @Test
  void sumsOfTheLanesBehindTheEndCountNothing() {
    var program = VectorProgram.of(3);
    var sum = program.slot();
    check("sum of exp", program.loop(b -> b.sum(sum, VectorFunctions.exp(b, b.load(0))))
        .loop(b -> b.store(2, b.div(b.load(0), sum))).build(), new Random(3), 3f);
  }

  @Test
  void indicesAndNumbersOfRowsAreThoseOfTheInterpreter() {
    var program = VectorProgram.of(3);
    var sum = program.slot();
    check("indices", program.loop(b -> b.sum(sum, b.select(b.index(), constant(9f), b.load(0), constant(1f))))
        .loop(b -> b.store(2, b.fma(b.index(), VectorProgram.number(0, 0), sum))).build(), new Random(8), 3f);
  }

  @Test
  void functionsGiveTheBitsOfTheInterpreter() {
    check("exp", VectorProgram.of(3).loop(b -> b.store(2, VectorFunctions.exp(b, b.load(0)))).build(), new Random(4),
        60f);
    check("silu",
        VectorProgram.of(3).loop(b -> b.store(2, b.mul(VectorFunctions.silu(b, b.load(0)), b.load(1)))).build(),
        new Random(5), 20f);
    check("tanh", VectorProgram.of(3).loop(b -> b.store(2, VectorFunctions.tanh(b, b.load(0)))).build(), new Random(7),
        1f);
    check("gelu by erf", VectorProgram.of(3).loop(b -> b.store(2, VectorFunctions.gelu(b, b.load(0)))).build(),
        new Random(9), 4f);
    check("gelu", VectorProgram.of(3).loop(b -> b.store(2, VectorFunctions.geluTanh(b, b.load(0)))).build(),
        new Random(6), 4f);
  }

  @Test
  void functionsAreAsExactAsTheySay() {
    accuracy(x -> Math.exp(x), -87, 88, 3e-7, b -> VectorFunctions.exp(b.body, b.x));
    accuracy(Math::tanh, -12, 12, 3e-7, b -> VectorFunctions.tanh(b.body, b.x));
    accuracy(x -> 1 / (1 + Math.exp(-x)), -80, 80, 4e-7, b -> VectorFunctions.sigmoid(b.body, b.x));
  }

  private record Place(VectorProgram.Body body, VectorProgram.Value x) {}

  private static void accuracy(
      DoubleUnaryOperator exact, float from, float to, double bound,
      Function<Place, VectorProgram.Value> function) {
    int count = 100_000;
    VectorProgram program = VectorProgram.of(2).loop(b -> b.store(1, function.apply(new Place(b, b.load(0))))).build();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment x = arena.allocate(4L * count, 64);
      MemorySegment y = arena.allocate(4L * count, 64);
      for (int i = 0; i < count; i++) {
        x.setAtIndex(ValueLayout.JAVA_FLOAT, i, from + (to - from) * i / (count - 1));
      }
      new VectorCall(count, 1).argument(0, x, 0, 0).argument(1, y, 0, 0).run(BACK_ENDS.getFirst().compile(program), 0,
          1);
      double worst = 0;
      for (int i = 0; i < count; i++) {
        double right = exact.applyAsDouble(x.getAtIndex(ValueLayout.JAVA_FLOAT, i));
        worst = Math.max(worst, Math.abs(y.getAtIndex(ValueLayout.JAVA_FLOAT, i) / right - 1));
      }
      assertTrue(worst < bound, "relative error " + worst);
    }
  }

  @Test
  void notANumberStaysSo() {
    VectorProgram program = VectorProgram.of(2).loop(b -> b.store(1, VectorFunctions.silu(b, b.load(0)))).build();
    for (BackEnd backEnd : BACK_ENDS) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment x = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1f, Float.NaN, Float.POSITIVE_INFINITY, -200f);
        MemorySegment y = arena.allocate(16, 64);
        new VectorCall(4, 1).argument(0, x, 0, 0).argument(1, y, 0, 0).run(backEnd.compile(program), 0, 1);
        assertTrue(Float.isNaN(y.getAtIndex(ValueLayout.JAVA_FLOAT, 1)));
        assertEquals(Float.POSITIVE_INFINITY, y.getAtIndex(ValueLayout.JAVA_FLOAT, 2));
        assertEquals(0f, y.getAtIndex(ValueLayout.JAVA_FLOAT, 3), 1e-30f);
      }
    }
  }

  @Test
  void codesAndNumbersAreStoredInTheirForm() {
    var builder = VectorProgram.of(3);
    var largest = builder.slot();
    VectorProgram program = builder.loop(b -> b.largest(largest, b.load(0)))
        .once(b -> {
          b.storeNumber(2, 1, largest);
          b.storeWhole(2, 0, b.sub(constant(0.4f), largest));
        }).loop(b -> b.storeCodes(1, b.load(0))).build();
    for (BackEnd backEnd : BACK_ENDS) {
      for (int size : SIZES) {
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment x = arena.allocate(4L * size, 4);
          for (int i = 0; i < size; i++) {
            x.setAtIndex(ValueLayout.JAVA_FLOAT, i, (i * 37 + 11) % 256);
          }
          int bytes = backEnd.codeForm.bytes();
          MemorySegment codes = arena.allocate((long) (size + 15) * bytes, 64);
          MemorySegment numbers = arena.allocate(8, 8);
          new VectorCall(size, 1).argument(0, x, 0, 0).argument(1, codes, 0, 0).argument(2, numbers, 0, 0)
              .run(backEnd.compile(program), 0, 1);
          int most = 0;
          for (int i = 0; i < size; i++) {
            int expected = (i * 37 + 11) % 256;
            most = Math.max(most, expected);
            long at = backEnd.codeForm.offset(i);
            int found = bytes == 1
                ? codes.get(ValueLayout.JAVA_BYTE, at) & 0xff
                : codes.get(ValueLayout.JAVA_SHORT_UNALIGNED, at);
            assertEquals(expected, found, backEnd + " " + i + " of " + size);
          }
          assertEquals(-most, numbers.get(ValueLayout.JAVA_INT, 0));
          assertEquals(most, numbers.get(ValueLayout.JAVA_FLOAT, 4));
        }
      }
    }
  }

  @Test
  void aProgramThatNeedsTooManyRegistersIsRefused() {
    VectorProgram program = VectorProgram.of(2).loop(b -> {
      var values = new ArrayList<VectorProgram.Value>();
      for (int i = 0; i < 40; i++) {
        values.add(b.mul(b.load(0), constant(i)));
      }
      var sum = values.getFirst();
      for (var value : values.reversed()) {
        sum = b.add(sum, value);
      }
      b.store(1, sum);
    }).build();
    for (BackEnd backEnd : BACK_ENDS) {
      assertThrows(IllegalStateException.class, () -> backEnd.compile(program));
    }
  }
}
