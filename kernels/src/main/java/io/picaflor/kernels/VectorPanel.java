package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.BYTES;
import static io.picaflor.kernels.Lanes.COUNT;
import static io.picaflor.kernels.Lanes.FLOATS;
import static io.picaflor.kernels.Lanes.INTS;
import static io.picaflor.kernels.Lanes.ORDER;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Writes panels for tiles: a slice of the inner dimension of {@link VectorTile#WIDTH} outputs, as floats, {@code
 * [k][output]}. Outputs that do not exist read as 0.
 */
final class VectorPanel {
  private static final int WIDTH = VectorTile.WIDTH;

  /** 2^112: what a float16's exponent lacks once its bits stand where a float32's are. */
  private static final float HALF_TO_FLOAT = 0x1p112f;

  private VectorPanel() {}

  /**
   * Words of two panels of packed weights, side by side.
   *
   * @param left where the left panel's words begin
   * @param right where the right panel's words begin, or -1 for none
   * @param words of each
   * @param panel {@code words * 32 / bits * WIDTH} values from {@code p} on; overwritten
   */
  static void write(VectorWeights weights, long left, long right, int words, float[] panel, int p) {
    int bits = weights.layout().bits();
    if (right < 0) {
      Arrays.fill(panel, p, p + words * (Integer.SIZE / bits) * WIDTH, 0f);
    }
    writeHalf(weights, left, words, panel, p);
    if (right >= 0) {
      writeHalf(weights, right, words, panel, p + VectorLayout.PANEL);
    }
  }

  private static void writeHalf(VectorWeights weights, long offset, int words, float[] panel, int p) {
    int bits = weights.layout().bits();
    switch (bits) {
      case 32 -> floats(weights.packed(), offset, words, panel, p);
      case 16 -> halves(weights.packed(), offset, words, panel, p);
      default -> integers(weights.packed(), offset, words, bits, weights.layout().flip(), panel, p);
    }
  }

  private static void floats(MemorySegment w, long offset, int words, float[] panel, int p) {
    Lanes.markFaults(w, offset);
    for (int i = 0; i < words; i++) {
      long at = offset + (long) i * (2 * BYTES);
      FloatVector.fromMemorySegment(FLOATS, w, at, ORDER).intoArray(panel, p + i * WIDTH);
      FloatVector.fromMemorySegment(FLOATS, w, at + BYTES, ORDER).intoArray(panel, p + i * WIDTH + COUNT);
    }
  }

  private static void halves(MemorySegment w, long offset, int words, float[] panel, int p) {
    Lanes.markFaults(w, offset);
    for (int i = 0; i < words; i++) {
      for (int v = 0; v < 2; v++) {
        IntVector word = IntVector.fromMemorySegment(INTS, w, offset + (2L * i + v) * BYTES, ORDER);
        widen(word.lanewise(VectorOperators.LSHL, 16)).intoArray(panel, p + 2 * i * WIDTH + v * COUNT);
        widen(word).intoArray(panel, p + (2 * i + 1) * WIDTH + v * COUNT);
      }
    }
  }

  /** The float16 in the upper half of each lane. */
  private static FloatVector widen(IntVector word) {
    IntVector magnitude = word.and(0x7fff_0000).lanewise(VectorOperators.LSHR, 3);
    IntVector finite = magnitude.reinterpretAsFloats().mul(HALF_TO_FLOAT).reinterpretAsInts();
    var special = magnitude.compare(VectorOperators.GE, 0x7c00 << 13);
    return finite.blend(magnitude.or(0x7f80_0000), special).or(word.and(0x8000_0000)).reinterpretAsFloats();
  }

  private static void integers(
      MemorySegment w, long offset, int words, int bits, int flip, float[] panel, int p) {
    Lanes.markFaults(w, offset);
    int unused = Integer.SIZE - bits;
    int to = p;
    for (int i = 0; i < words; i++) {
      long at = offset + (long) i * (2 * BYTES);
      IntVector w0 = IntVector.fromMemorySegment(INTS, w, at, ORDER).lanewise(VectorOperators.XOR, flip);
      IntVector w1 = IntVector.fromMemorySegment(INTS, w, at + BYTES, ORDER).lanewise(VectorOperators.XOR, flip);
      for (int shift = unused; shift >= 0; shift -= bits, to += WIDTH) {
        IntVector e0 = w0.lanewise(VectorOperators.LSHL, shift).lanewise(VectorOperators.ASHR, unused);
        IntVector e1 = w1.lanewise(VectorOperators.LSHL, shift).lanewise(VectorOperators.ASHR, unused);
        ((FloatVector) e0.convert(VectorOperators.I2F, 0)).intoArray(panel, to);
        ((FloatVector) e1.convert(VectorOperators.I2F, 0)).intoArray(panel, to + COUNT);
      }
    }
  }

  /** A slice of rows of floats in native order, {@code stride} values apart. */
  static void writeRows(
      MemorySegment rows, int stride, int output, int outputs, int from, int to, VectorScratch scratch, float[] panel) {
    int count = to - from;
    int[] words = scratch.words((long) count * WIDTH);
    int valid = Math.min(WIDTH, outputs - output);
    if (valid < WIDTH) {
      Arrays.fill(words, 0, count * WIDTH, 0);
    }
    int[] square = scratch.square(COUNT * COUNT);
    VectorTransposition.turn(
        rows, 4L * ((long) output * stride + from), 4L * stride, valid, count, words, WIDTH, square);
    for (int i = 0; i < count * WIDTH; i += COUNT) {
      IntVector.fromArray(INTS, words, i).reinterpretAsFloats().intoArray(panel, i);
    }
  }

  /** A slice of floats in native order that lie as a panel does already, rows {@code stride} values long. */
  static void writeColumns(MemorySegment values, int stride, int output, int from, int to, float[] panel) {
    int valid = Math.min(WIDTH, stride - output);
    for (int k = from, p = 0; k < to; k++, p += WIDTH) {
      long offset = 4L * ((long) k * stride + output);
      if (valid == WIDTH) {
        for (int v = 0; v < WIDTH; v += COUNT) {
          FloatVector.fromMemorySegment(FLOATS, values, offset + 4L * v, ORDER).intoArray(panel, p + v);
        }
      } else {
        Arrays.fill(panel, p, p + WIDTH, 0f);
        MemorySegment.copy(values, ValueLayout.JAVA_FLOAT, offset, panel, p, valid);
      }
    }
  }
}
