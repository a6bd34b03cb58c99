package io.picaflor.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.picaflor.codegen.Address;
import io.picaflor.codegen.CodeForm;
import io.picaflor.codegen.CpuFeatures;
import io.picaflor.codegen.CpuFeatures.Feature;
import io.picaflor.codegen.ExecutableMemory;
import io.picaflor.codegen.Gpr;
import io.picaflor.codegen.SimdOp;
import io.picaflor.codegen.VectorCall;
import io.picaflor.codegen.X64Assembler;
import io.picaflor.codegen.X64Assembler.Condition;
import io.picaflor.platform.NativeCalls;
import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the tier {@code jit} refuses and promises; that it is right, the parity tests show. */
class JitKernelsTest {
  private static final Gpr[] KEPT = {Gpr.RBX, Gpr.RBP, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15};

  private static ExecutableMemory memory;
  private static CpuFeatures cpu;

  @BeforeAll
  static void open() {
    assumeTrue(System.getProperty("os.name").equals("Linux") && System.getProperty("os.arch").equals("amd64"));
    memory = ExecutableMemory.open();
    cpu = CpuFeatures.detect(memory);
  }

  private static CpuFeatures cpu(Feature... features) {
    Set<Feature> set = EnumSet.noneOf(Feature.class);
    set.addAll(Set.of(features));
    return new CpuFeatures(set);
  }

  private static String description(JitLevel level, CpuFeatures described) {
    return JitKernels.of(level, memory, described).description();
  }

  @Test
  void theBestLevelOfTheCpuIsTaken() {
    assertEquals("jit, avx512vnni", description(null, new CpuFeatures(EnumSet.allOf(Feature.class))));
    assertEquals("jit, avxvnni", description(null, cpu(Feature.AVX2, Feature.FMA, Feature.F16C, Feature.AVX_VNNI)));
    assertEquals("jit, avx2", description(null, cpu(Feature.AVX2, Feature.FMA, Feature.F16C, Feature.AVX512)));
  }

  @Test
  void aForcedLevelThatTheCpuLacksIsRefused() {
    for (JitLevel level : JitLevel.values()) {
      var error = assertThrows(UnsupportedOperationException.class, () -> description(level, cpu(Feature.FMA)));
      assertEquals("level " + level.levelName() + " needs " + level.needed() + ", and this CPU has only [FMA]",
          error.getMessage());
    }
  }

  @Test
  void aCpuThatNoCodeIsWrittenForIsAReason() {
    var error = assertThrows(UnsupportedOperationException.class, () -> description(null, cpu()));
    assertEquals("this CPU has no AVX2 with FMA and F16C, the least that code is written for", error.getMessage());
    assertThrows(UnsupportedOperationException.class, () -> description(null, cpu(Feature.AVX2, Feature.FMA)));
  }

  @Test
  void levelsAreForcedByName() {
    assertEquals("jit", Kernels.choose("jit").name());
    for (JitLevel level : JitLevel.values()) {
      String name = "jit:" + level.levelName();
      if (cpu.has(level.needed())) {
        assertEquals("jit, " + level.levelName(), Kernels.choose(name).description());
      } else {
        var error = assertThrows(UnsupportedOperationException.class, () -> Kernels.choose(name));
        assertTrue(error.getMessage().startsWith("kernels '" + name + "' cannot run: level "), error.getMessage());
      }
    }
    var error = assertThrows(IllegalArgumentException.class, () -> Kernels.choose("jit:avx1024"));
    assertEquals("kernels: expected a level of [avx512vnni, avxvnni, avx2], found 'jit:avx1024'", error.getMessage());
  }

  /** Behind them there is no other tier, so what runs is machine code; this is what says so if one is brought back. */
  @Test
  void everyOperatorIsOfThisTier() {
    try (Arena arena = Arena.ofShared(); Workers workers = new Workers(1)) {
      Random random = new Random(1);
      Operators operators = new JitOperators(new JitCode(JitLevel.AVX2, memory), workers);
      Matrix x = Matrix.dense(Matrices.floats(arena, 40), 2, 20);
      Matrix y = Matrix.dense(Matrices.floats(arena, 40), 2, 20);
      KvBuffer keys = KvBuffers.of(arena, new KvLayout(KvLayout.Kind.KEYS, 1, 20, KvLayout.Precision.BF16, 64));
      KvBuffer values = KvBuffers.of(arena, new KvLayout(KvLayout.Kind.VALUES, 1, 20, KvLayout.Precision.BF16, 64));
      AttentionShape shape = new AttentionShape(1, 1, 20, 20, 1f, 0f, 9);
      List<Operator> made = new ArrayList<>(List.of(operators.append(x, keys), operators.append(x, values),
          operators.attention(shape, x, keys, values, x, y), operators.attention(shape, x, keys, values, null, y)));
      for (Activation activation : Activation.values()) {
        made.add(operators.activation(activation, x, y));
        made.add(operators.gated(activation, x, x, y));
      }
      Kernels jit = Kernels.choose("jit");
      for (WeightMatrix weights : new WeightMatrix[] {Matrices.float32(arena, random, 20, 20, Matrices.Fill.RANDOM),
        Matrices.float16(arena, random, 20, 20)}) {
        made.add(operators.linear(x, jit.pack(weights), null, new Epilogue.Add(y), y));
      }
      for (Operator operator : made) {
        assertTrue(operator.getClass().getSimpleName().startsWith("Jit"), operator.toString());
      }
    }
  }

  @Test
  void blocksTooLargeForSumsIn32BitsAreRefused() {
    try (Arena arena = Arena.ofShared()) {
      Kernels jit = Kernels.choose("jit");
      WeightMatrix weights = Matrices.blocks(arena, new Random(1), 1, 65_536, 65_536, Matrices.Fill.RANDOM);
      var error = assertThrows(IllegalArgumentException.class, () -> jit.pack(weights));
      assertEquals("block size: expected fewer than 65536 in tier jit, found 65536; use --kernels scalar",
          error.getMessage());
    }
  }

  @Test
  void weightsOfAnotherTierAreRefused() {
    try (Arena arena = Arena.ofShared(); Workers workers = new Workers(1)) {
      WeightMatrix weights = Matrices.perChannel(arena, new Random(1), 3, 5, 8, Matrices.Fill.RANDOM);
      Operators operators = Kernels.choose("jit").operators(workers);
      Codes codes = new Codes(arena.allocate(operators.codesBytes(1, 5), 64), 1, 5);
      Matrix y = Matrix.dense(Matrices.floats(arena, 3), 1, 3);
      assertThrows(IllegalArgumentException.class,
          () -> operators.linear(codes, new ScalarKernels().pack(weights), null, new Epilogue.None(), y));
    }
  }

  @Test
  void packedWeightsThatAreTooShortOrOnTheHeapAreRefused() {
    try (Arena arena = Arena.ofShared()) {
      Kernels jit = Kernels.choose("jit");
      PackedSource source =
          PackedSource.of(Matrices.perChannel(arena, new Random(1), 65, 5, 8, Matrices.Fill.RANDOM));
      long bytes = jit.layout(source).bytes(source, 0, 65);
      assertThrows(IllegalArgumentException.class, () -> jit.bind(source, arena.allocate(bytes - 1, 64)));
      assertThrows(IllegalArgumentException.class,
          () -> jit.bind(source, MemorySegment.ofArray(new long[(int) bytes])));
      assertEquals(source, jit.bind(source, arena.allocate(bytes, 64)).source());
    }
  }

  @Test
  void panelsPackedByThemselvesAreThoseOfTheWhole() {
    try (Arena arena = Arena.ofShared()) {
      Kernels jit = Kernels.choose("jit");
      Random random = new Random(2);
      for (WeightMatrix a : Matrices.eachFormat(arena, random, 100, 64, Matrices.Fill.RANDOM)) {
        PackedSource source = PackedSource.of(a, a);
        WeightLayout layout = jit.layout(source);
        MemorySegment whole = arena.allocate(layout.bytes(source, 0, 200), 64);
        MemorySegment parts = arena.allocate(whole.byteSize(), 64);
        parts.fill((byte) 7);
        layout.pack(source, 0, 200, whole);
        long at = layout.bytes(source, 0, 128);
        layout.pack(source, 128, 200, parts.asSlice(at));
        layout.pack(source, 0, 64, parts);
        layout.pack(source, 64, 128, parts.asSlice(layout.bytes(source, 0, 64)));
        assertEquals(-1, whole.mismatch(parts), layout.id());
      }
    }
  }

  /** The instruction set of AVX-VNNI in the encoding of AVX-512: the same code but for the prefix of one instruction. */
  @Test
  void theTilesOfAvxVnniHaveTheBitsOfScalar() {
    assumeTrue(cpu.has(JitLevel.AVX512VNNI.needed()), "neither encoding of the dot product runs here");
    JitCode code = new JitCode(JitLevel.AVXVNNI, memory, assembler -> new AvxVnniDots(assembler,
        SimdOp.VPDPBUSD_EVEX));
    Random random = new Random(3);
    try (Arena arena = Arena.ofShared(); Workers workers = new Workers(1)) {
      for (WeightMatrix weights : Matrices.eachFormat(arena, random, 150, 192, Matrices.Fill.RANDOM)) {
        for (int rows : new int[] {1, 2, 5, 6, 7, 13}) {
          compare(code, arena, random, workers, PackedSource.of(weights), rows);
        }
      }
    }
  }

  private static void compare(
      JitCode code, Arena arena, Random random, Workers workers, PackedSource source, int rows) {
    ScalarKernels scalar = new ScalarKernels();
    Operators expected = scalar.operators(workers);
    Operators found = new JitOperators(code, workers);
    Guarded x = Guarded.of(arena, random, rows, 192, 200, Matrices.Fill.RANDOM);
    Guarded residual = Guarded.of(arena, random, rows, 150, 151, Matrices.Fill.RANDOM);
    MemorySegment bias = Matrices.activations(arena, random, 150, Matrices.Fill.RANDOM);
    JitLayout layout = JitLayout.of(source);
    MemorySegment packed = arena.allocate(layout.bytes(source, 0, 150), 64);
    layout.pack(source, 0, 150, packed);
    Guarded left = new Guarded(arena, rows, 150, 150);
    Guarded right = new Guarded(arena, rows, 150, 155);
    for (Epilogue epilogue : new Epilogue[] {new Epilogue.None(), new Epilogue.Add(residual.matrix())}) {
      run(expected, arena, x, scalar.pack(source), bias, epilogue, left);
      run(found, arena, x, new JitWeights(source, layout, packed), bias, epilogue, right);
      Parity.assertSameBits(left, right, rows, source + ", " + rows + " rows");
      right.assertNothingWrittenBeside(rows, source + ", " + rows + " rows");
    }
  }

  private static void run(
      Operators operators, Arena arena, Guarded x, PackedWeights weights, MemorySegment bias, Epilogue epilogue,
      Guarded y) {
    int rows = x.matrix().rows();
    if (!weights.source().quantized()) {
      operators.linear(x.matrix(), weights, bias, epilogue, y.matrix()).run(rows, 0);
      return;
    }
    Codes codes = new Codes(arena.allocate(operators.codesBytes(rows, 192), 64), rows, 192);
    operators.quantize(x.matrix(), codes).run(rows, 0);
    operators.linear(codes, weights, bias, epilogue, y.matrix()).run(rows, 0);
  }

  @Test
  void machineCodeKeepsTheRegistersOfItsCaller() {
    for (JitLevel level : JitLevel.values()) {
      if (cpu.has(level.needed())) {
        try (Arena arena = Arena.ofShared(); Workers workers = new Workers(1)) {
          JitCode code = new JitCode(level, memory);
          MemorySegment values = arena.allocate(256, 64);
          Watcher program = new Watcher(arena, code.program("rotary", JitPrograms::rotary));
          VectorCall call = new VectorCall(5, 1);
          for (int i = 0; i < 6; i++) {
            call.argument(i, values, 0, 0);
          }
          call.run(program.code, 0, 1);
          program.assertKept(level + ", program");
          for (WeightMatrix weights : Matrices.eachFormat(arena, new Random(4), 70, 64, Matrices.Fill.RANDOM)) {
            linearKeepsRegisters(arena, workers, code, PackedSource.of(weights));
          }
          floatTilesKeepRegisters(arena, code);
        }
      }
    }
  }

  private static void linearKeepsRegisters(Arena arena, Workers workers, JitCode code, PackedSource source) {
    JitLayout layout = JitLayout.of(source);
    JitWeights weights = new JitWeights(source, layout, arena.allocate(layout.bytes(source, 0, 70), 64));
    Matrix x = Matrix.dense(Matrices.floats(arena, 7 * 64), 7, 64);
    CodeForm form = code.level().codeForm();
    Codes codes = new Codes(arena.allocate(JitCodes.bytes(form, 7, 64), 64), 7, 64);
    Matrix y = Matrix.dense(Matrices.floats(arena, 7 * 70), 7, 70);
    MemorySegment bias = Matrices.floats(arena, 70);
    JitCode.Linear linear = code.linear(layout.form(), false);
    Watcher driver = new Watcher(arena, linear.driver());
    JitCode.Linear watched = new JitCode.Linear(driver.code, linear.tiles());
    Operator operator = source.quantized()
        ? new JitLinear(watched, form, workers, codes, weights, bias, y, y)
        : new JitLinear(watched, workers, x, weights, bias, y, y);
    for (int rows = 1; rows <= 7; rows++) {
      operator.run(rows, 0);
      driver.assertKept(code.level() + ", " + layout.form() + ", " + rows + " rows");
    }
  }

  private static void floatTilesKeepRegisters(Arena arena, JitCode code) {
    MemorySegment values = arena.allocate(4096, 64);
    MemorySegment call = arena.allocate(FloatCall.BYTES, 64);
    for (int place : new int[] {FloatCall.LEFT, FloatCall.RIGHT, FloatCall.RESULT}) {
      call.set(ValueLayout.JAVA_LONG, place, values.address());
    }
    for (int place : new int[] {FloatCall.INNER, FloatCall.PASSES, FloatCall.GROUPS}) {
      call.set(ValueLayout.JAVA_LONG, place, 1);
    }
    FloatCall.setTail(call, 5);
    for (KvLayout.Precision precision : KvLayout.Precision.values()) {
      for (int columns : new int[] {0, 16, 64}) {
        MemorySegment[] tiles = code.floatTiles(precision, columns, columns == 0);
        for (int rows = 1; rows <= tiles.length; rows++) {
          Watcher tile = new Watcher(arena, tiles[rows - 1]);
          NativeCalls.call(tile.code, call.address(), 0, 0, 0, 0, 0);
          tile.assertKept(code.level() + ", " + precision + ", " + columns + " columns, " + rows + " rows");
        }
      }
      Watcher append = new Watcher(arena, code.append(precision));
      NativeCalls.call(append.code, values.address(), values.address() + 512, 3, 4, 2, 64);
      append.assertKept(code.level() + ", append " + precision);
    }
  }

  /** A function that marks the registers which must be kept, calls another one and looks at them. */
  private static final class Watcher {
    private static final long UNSEEN = 99;
    final MemorySegment code;
    private final MemorySegment place;

    Watcher(Arena arena, MemorySegment watched) {
      place = arena.allocate(16, 8);
      place.set(ValueLayout.JAVA_LONG, 0, watched.address());
      place.set(ValueLayout.JAVA_LONG, 8, UNSEEN);
      X64Assembler a = new X64Assembler();
      for (Gpr register : KEPT) {
        a.push(register);
      }
      a.sub(Gpr.RSP, 8);
      for (int i = 0; i < KEPT.length; i++) {
        a.mov(KEPT[i], 1000 + i);
      }
      a.mov(Gpr.RAX, place.address());
      a.call(Address.at(Gpr.RAX, 0));
      a.mov(Gpr.RCX, 0);
      for (int i = 0; i < KEPT.length; i++) {
        var kept = a.label();
        a.cmp(KEPT[i], 1000 + i);
        a.jump(Condition.EQUAL, kept);
        a.mov(Gpr.RCX, i + 1);
        a.bind(kept);
      }
      a.mov(Gpr.RAX, place.address());
      a.store(Address.at(Gpr.RAX, 8), Gpr.RCX);
      a.add(Gpr.RSP, 8);
      for (int i = KEPT.length - 1; i >= 0; i--) {
        a.pop(KEPT[i]);
      }
      a.ret();
      code = MemorySegment.ofAddress(memory.add(a));
    }

    void assertKept(String what) {
      assertEquals(0, place.get(ValueLayout.JAVA_LONG, 8),
          what + ": a register was not kept (1: rbx, 2: rbp, 3: r12 ..)");
      place.set(ValueLayout.JAVA_LONG, 8, UNSEEN);
    }
  }
}
