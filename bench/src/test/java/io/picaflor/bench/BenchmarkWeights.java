package io.picaflor.bench;

import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/** Random weights of the formats that models use, for benchmarks. */
final class BenchmarkWeights {
  private static final int BLOCK = 32;

  private BenchmarkWeights() {}

  /** @param format {@code int8}, {@code int4} or {@code int4-block32} */
  static WeightMatrix of(Arena arena, String format, int outputs, int inputs) {
    Random random = new Random(1);
    long values = (long) outputs * inputs;
    return switch (format) {
      case "int8" ->
          new WeightMatrix.PerChannel(outputs, inputs, 8, bytes(arena, random, values), scales(arena, outputs));
      case "int4" ->
          new WeightMatrix.PerChannel(outputs, inputs, 4, bytes(arena, random, values / 2), scales(arena, outputs));
      case "int4-block32" -> new WeightMatrix.Int4Blocks(
          outputs, inputs, BLOCK, bytes(arena, random, values / 2), halfScales(arena, values / BLOCK));
      default -> throw new IllegalArgumentException(
          "weights: expected int8, int4 or int4-block32, found '" + format + "'");
    };
  }

  /** Bytes of such weights in a file, with scales. */
  static double bytes(String format, int outputs, int inputs) {
    double values = (double) outputs * inputs;
    return switch (format) {
      case "int8" -> values + 4.0 * outputs;
      case "int4" -> values / 2 + 4.0 * outputs;
      default -> values / 2 + 2 * values / BLOCK;
    };
  }

  private static MemorySegment bytes(Arena arena, Random random, long count) {
    byte[] pattern = new byte[1 << 16];
    random.nextBytes(pattern);
    MemorySegment segment = arena.allocate(count, 64);
    for (long at = 0; at < count; at += pattern.length) {
      int length = (int) Math.min(pattern.length, count - at);
      MemorySegment.copy(pattern, 0, segment, ValueLayout.JAVA_BYTE, at, length);
    }
    return segment;
  }

  private static MemorySegment scales(Arena arena, long count) {
    MemorySegment segment = arena.allocate(4 * count, 64);
    for (long i = 0; i < count; i++) {
      segment.setAtIndex(WeightMatrix.FLOAT, i, 0.005f);
    }
    return segment;
  }

  private static MemorySegment halfScales(Arena arena, long count) {
    MemorySegment segment = arena.allocate(2 * count, 64);
    for (long i = 0; i < count; i++) {
      segment.setAtIndex(WeightMatrix.HALF, i, Float.floatToFloat16(0.005f));
    }
    return segment;
  }
}
