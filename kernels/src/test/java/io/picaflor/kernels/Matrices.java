package io.picaflor.kernels;

import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Operands for tests and measurements. */
final class Matrices {

  /** How a matrix is filled. */
  enum Fill {
    RANDOM,
    ALL_MINIMUM,
    ALL_MAXIMUM,
    NEAR_MAXIMUM,
    ZERO
  }

  private Matrices() {}

  static MemorySegment floats(Arena arena, long count) {
    return arena.allocate(4 * count, 4);
  }

  static MemorySegment floats(Arena arena, float... values) {
    return arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
  }

  static MemorySegment activations(Arena arena, Random random, long count, Fill fill) {
    MemorySegment segment = floats(arena, count);
    for (long i = 0; i < count; i++) {
      float value = switch (fill) {
        case RANDOM -> (float) random.nextGaussian() * 3 + 0.5f;
        case ALL_MINIMUM -> -7.25f;
        case ALL_MAXIMUM -> 19.5f;
        case NEAR_MAXIMUM -> 19.5f - random.nextFloat();
        case ZERO -> 0f;
      };
      segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
    }
    return segment;
  }

  /** Integers of a width; the smallest byte makes each int4 and int2 in it -8 and -2. */
  private static MemorySegment integers(Arena arena, Random random, long bytes, int bits, Fill fill) {
    MemorySegment segment = arena.allocate(bytes, 1);
    byte smallest = (byte) (bits == 8 ? 0x80 : bits == 4 ? 0x88 : 0xaa);
    byte largest = (byte) (bits == 8 ? 0x7f : bits == 4 ? 0x77 : 0x55);
    switch (fill) {
      case RANDOM -> {
        for (long i = 0; i < bytes; i++) {
          segment.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
        }
      }
      case ALL_MINIMUM -> segment.fill(smallest);
      case ALL_MAXIMUM -> segment.fill(largest);
      case NEAR_MAXIMUM -> {
        byte lowest = (byte) (bits == 8 ? 0x01 : bits == 4 ? 0x11 : 0x55); // the lowest bit of each element
        for (long i = 0; i < bytes; i++) {
          segment.set(ValueLayout.JAVA_BYTE, i, (byte) (largest ^ random.nextInt() & lowest));
        }
      }
      case ZERO -> segment.fill((byte) 0);
    }
    return segment;
  }

  static WeightMatrix.PerChannel perChannel(Arena arena, Random random, int rows, int columns, int bits, Fill fill) {
    int scales = random.nextInt(8) == 0 ? 1 : rows;
    MemorySegment scale = floats(arena, scales);
    for (int i = 0; i < scales; i++) {
      scale.setAtIndex(WeightMatrix.FLOAT, i, 0.001f + random.nextFloat() * 0.01f);
    }
    long bytes = ((long) rows * columns * bits + 7) / 8;
    return new WeightMatrix.PerChannel(rows, columns, bits, integers(arena, random, bytes, bits, fill), scale);
  }

  static WeightMatrix.Int4Blocks blocks(Arena arena, Random random, int rows, int columns, int block, Fill fill) {
    long count = (long) rows * (columns / block);
    MemorySegment scales = arena.allocate(2 * count, 2);
    for (long i = 0; i < count; i++) {
      scales.setAtIndex(WeightMatrix.HALF, i, Float.floatToFloat16(0.001f + random.nextFloat() * 0.01f));
    }
    MemorySegment values = integers(arena, random, ((long) rows * columns + 1) / 2, 4, fill);
    return new WeightMatrix.Int4Blocks(rows, columns, block, values, scales);
  }

  static WeightMatrix.Float32 float32(Arena arena, Random random, int rows, int columns, Fill fill) {
    return new WeightMatrix.Float32(rows, columns, activations(arena, random, (long) rows * columns, fill));
  }

  static WeightMatrix.Float16 float16(Arena arena, Random random, int rows, int columns) {
    MemorySegment values = arena.allocate(2L * rows * columns, 2);
    for (long i = 0; i < (long) rows * columns; i++) {
      values.setAtIndex(WeightMatrix.HALF, i, (short) random.nextInt()); // subnormals, infinities, NaN too
    }
    return new WeightMatrix.Float16(rows, columns, values);
  }

  /** A matrix of each format that its column count allows. */
  static List<WeightMatrix> eachFormat(Arena arena, Random random, int rows, int columns, Fill fill) {
    List<WeightMatrix> result = new ArrayList<>();
    for (int bits : new int[] {8, 4, 2}) {
      result.add(perChannel(arena, random, rows, columns, bits, fill));
    }
    for (int block : new int[] {32, 64, 96, 128, 256}) {
      if (columns % block == 0) {
        result.add(blocks(arena, random, rows, columns, block, fill));
      }
    }
    result.add(float32(arena, random, rows, columns, fill));
    result.add(float16(arena, random, rows, columns));
    return result;
  }
}
