package io.picaflor.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.picaflor.kernels.KvLayout.Kind;
import io.picaflor.kernels.KvLayout.Precision;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What does not fit is refused when an operator is made, in one line, by every tier. */
class CheckedOperatorsTest {
  private final Arena arena = Arena.ofShared();
  private final Workers workers = new Workers(1);
  private final Kernels kernels = Kernels.choose(null);
  private final Operators operators = kernels.operators(workers);

  @AfterEach
  void close() {
    workers.close();
    arena.close();
  }

  private Matrix matrix(int columns) {
    return Matrix.dense(Matrices.floats(arena, 2L * columns), 2, columns);
  }

  private Codes codes(int columns) {
    return new Codes(arena.allocate(operators.codesBytes(2, columns), 64), 2, columns);
  }

  private MemorySegment constants(int count) {
    return Matrices.floats(arena, count);
  }

  private static void refused(String message, Executable making) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, making).getMessage());
  }

  @Test
  void everyTierChecks() {
    for (Kernels tier : Tiers.all()) {
      Operators checked = tier.operators(workers);
      refused("y: expected 8 columns, found 9", () -> checked.add(matrix(8), matrix(8), matrix(9)));
    }
  }

  @Test
  void codesThatAreTooShortAreRefused() {
    refused("codes: expected positive sizes, found 0 x 8", () -> operators.codesBytes(0, 8));
    refused("codes: expected 9 columns, found 8", () -> operators.quantize(matrix(9), codes(8)));
    Codes small = new Codes(arena.allocate(4, 64), 2, 8);
    String start = "codes: expected " + operators.codesBytes(2, 8) + " bytes for 2 x 8, found 4";
    refused(start, () -> operators.quantize(matrix(8), small));
    refused(start, () -> operators.rmsNormQuantize(matrix(8), null, 0f, null, small));
  }

  @Test
  void normsThatDoNotFitAreRefused() {
    refused("groups: expected a divisor of 8 columns, found 3",
        () -> operators.rmsNorm(matrix(8), 3, null, 0f, matrix(8)));
    refused("groups: expected a divisor of 8 columns, found 0",
        () -> operators.rmsNorm(matrix(8), 0, null, 0f, matrix(8)));
    refused("weight: expected 16 bytes (4 values), found 32",
        () -> operators.rmsNorm(matrix(8), 2, constants(8), 0f, matrix(8)));
    refused("epsilon: expected 0 or a positive number, found NaN",
        () -> operators.rmsNorm(matrix(8), 2, null, Float.NaN, matrix(8)));
    refused("y: expected 8 columns, found 4", () -> operators.rmsNorm(matrix(8), 2, null, 0f, matrix(4)));
    refused("residual: expected 8 columns, found 4",
        () -> operators.rmsNormAdd(matrix(8), null, 0f, matrix(4), matrix(8)));
    refused("codes: expected 8 columns, found 4",
        () -> operators.rmsNormQuantize(matrix(8), null, 0f, matrix(8), codes(4)));
    refused("bias: expected 32 bytes (8 values), found 4",
        () -> operators.layerNorm(matrix(8), constants(8), constants(1), 0f, matrix(8)));
  }

  @Test
  void layersThatDoNotFitAreRefused() {
    Random random = new Random(1);
    var part = Matrices.perChannel(arena, random, 3, 8, 8, Matrices.Fill.RANDOM);
    var other = Matrices.perChannel(arena, random, 4, 8, 8, Matrices.Fill.RANDOM);
    PackedWeights one = kernels.pack(PackedSource.of(part));
    PackedWeights two = kernels.pack(PackedSource.of(part, other));
    Epilogue none = new Epilogue.None();
    refused("x: expected 8 columns, found 9", () -> operators.linear(codes(9), one, null, none, matrix(3)));
    refused("y: expected 7 columns, found 3", () -> operators.linear(codes(8), two, null, none, matrix(3)));
    refused("bias: expected 28 bytes (7 values), found 12",
        () -> operators.linear(codes(8), two, constants(3), none, matrix(7)));
    refused("residual: expected 3 columns, found 2",
        () -> operators.linear(codes(8), one, null, new Epilogue.Add(matrix(2)), matrix(3)));
    Epilogue gated = new Epilogue.Gated(Activation.SILU);
    refused("weights: expected gate and up with as many rows each, found 2 parts with 7 rows",
        () -> operators.linear(codes(8), two, null, gated, matrix(3)));
    refused("weights: expected gate and up with as many rows each, found 1 parts with 3 rows",
        () -> operators.linear(codes(8), one, null, gated, matrix(3)));
    var error =
        assertThrows(IllegalArgumentException.class, () -> operators.linear(matrix(8), one, null, none, matrix(3)));
    assertTrue(error.getMessage().startsWith("weights: expected floats, for x is floats, found PerChannel"),
        error.getMessage());
  }

  @Test
  void headsThatDoNotFitAreRefused() {
    refused("heads: expected a divisor of 8 columns, found 3",
        () -> operators.rotary(matrix(8), 3, matrix(2), matrix(2), matrix(8)));
    refused("heads: expected an even number of channels in each, found 3",
        () -> operators.rotary(matrix(6), 2, matrix(1), matrix(1), matrix(6)));
    refused("cos: expected 2 columns, found 4",
        () -> operators.rotary(matrix(8), 2, matrix(4), matrix(2), matrix(8)));
    KvBuffer keys = KvBuffers.of(arena, new KvLayout(Kind.KEYS, 2, 4, Precision.F32, 64));
    KvBuffer values = KvBuffers.of(arena, new KvLayout(Kind.VALUES, 2, 4, Precision.F32, 64));
    KvBuffer longer = KvBuffers.of(arena, new KvLayout(Kind.VALUES, 2, 4, Precision.F32, 128));
    refused("x: expected 8 columns, found 4", () -> operators.append(matrix(4), keys));
    AttentionShape shape = new AttentionShape(4, 2, 4, 4, 1f, 0f, 10);
    refused("q: expected 16 columns, found 8",
        () -> operators.attention(shape, matrix(8), keys, values, null, matrix(16)));
    refused("y: expected 16 columns, found 8",
        () -> operators.attention(shape, matrix(16), keys, values, null, matrix(8)));
    refused("attention: expected a buffer of KEYS, 2 heads of 4 channels, found " + values.layout(),
        () -> operators.attention(shape, matrix(16), values, keys, null, matrix(16)));
    refused("values: expected room for 64 positions as in the keys, found 128",
        () -> operators.attention(shape, matrix(16), keys, longer, null, matrix(16)));
  }

  @Test
  void elementsThatDoNotFitAreRefused() {
    refused("up: expected 8 columns, found 4",
        () -> operators.gated(Activation.SILU, matrix(8), matrix(4), matrix(8)));
    refused("b: expected 8 columns, found 4", () -> operators.multiply(matrix(8), matrix(4), matrix(8)));
    refused("y: expected 8 columns, found 4", () -> operators.scale(matrix(8), 2f, matrix(4)));
    refused("y: expected 8 columns, found 4", () -> operators.activation(Activation.GELU, matrix(8), matrix(4)));
    refused("cap: expected a positive number, found 0.0", () -> operators.softCap(matrix(8), 0f, matrix(8)));
  }

  @Test
  void selectionsThatDoNotFitAreRefused() {
    MemorySegment values = constants(4);
    refused("values: expected at least 1 of them in 16 bytes, found a count of 5", () -> kernels.argMax(values, 5));
    refused("values: expected at least 1 of them in 16 bytes, found a count of 0", () -> kernels.argMax(values, 0));
    refused("k: expected 1 to 4 of 4 values into 9 indices and 9 values, found 5",
        () -> kernels.topK(values, 4, 5, new int[9], new float[9]));
    refused("k: expected 1 to 2 of 4 values into 2 indices and 9 values, found 3",
        () -> kernels.topK(values, 4, 3, new int[2], new float[9]));
  }
}
