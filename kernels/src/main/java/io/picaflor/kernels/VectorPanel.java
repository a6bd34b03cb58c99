package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.FLOATS;
import static io.picaflor.kernels.Lanes.INTS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Writes panels for {@link VectorTile}: a slice of the inner dimension of {@link VectorTile#WIDTH} outputs, as floats,
 * {@code [k][output]}. Outputs that do not exist read as 0.
 *
 * <p>Rows of weights are turned in words of 32 bits, then each word is cut into its elements.
 */
final class VectorPanel {
  private static final int WIDTH = VectorTile.WIDTH;

  /** 2^112: what a float16's exponent lacks once its bits stand where a float32's are. */
  private static final float HALF_TO_FLOAT = 0x1p112f;

  private VectorPanel() {}

  /**
   * A slice of a matrix's rows.
   *
   * @param output the panel's first, a row of the matrix
   * @param from the slice's first column, at a word's border
   * @param to behind its last column
   * @param panel whole words of elements, {@code roundUp(to - from) * WIDTH} values; overwritten
   */
  static void write(WeightMatrix weights, int output, int from, int to, VectorScratch scratch, float[] panel) {
    int bits = bits(weights);
    int outputs = Math.min(WIDTH, weights.rows() - output);
    int count = Math.ceilDiv((to - from) * bits, Integer.SIZE);
    int[] words = scratch.words((long) count * WIDTH);
    if (outputs < WIDTH) {
      Arrays.fill(words, 0, count * WIDTH, 0);
    }
    long rowBytes = (long) weights.columns() * bits / 8;
    long offset = output * rowBytes + (long) from * bits / 8;
    turn(weights.values(), offset, rowBytes, outputs, (int) ((long) (to - from) * bits / 8), scratch, words);
    switch (weights) {
      case WeightMatrix.Float32 _ -> floats(words, count, panel);
      case WeightMatrix.Float16 _ -> halves(words, count, panel);
      case WeightMatrix.PerChannel _ -> integers(words, count, bits, panel);
      case WeightMatrix.Int4Blocks _ -> integers(words, count, bits, panel);
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
    turn(rows, 4L * ((long) output * stride + from), 4L * stride, valid, 4 * count, scratch, words);
    floats(words, count, panel);
  }

  /** A slice of floats in native order that lie as a panel does already, rows {@code stride} values long. */
  static void writeColumns(MemorySegment values, int stride, int output, int from, int to, float[] panel) {
    int valid = Math.min(WIDTH, stride - output);
    for (int k = from, p = 0; k < to; k++, p += WIDTH) {
      long offset = 4L * ((long) k * stride + output);
      if (valid == WIDTH) {
        for (int v = 0; v < WIDTH; v += Lanes.COUNT) {
          FloatVector.fromMemorySegment(FLOATS, values, offset + 4L * v, Lanes.ORDER).intoArray(panel, p + v);
        }
      } else {
        Arrays.fill(panel, p, p + WIDTH, 0f);
        MemorySegment.copy(values, ValueLayout.JAVA_FLOAT, offset, panel, p, valid);
      }
    }
  }

  private static int bits(WeightMatrix weights) {
    return switch (weights) {
      case WeightMatrix.Float32 _ -> 32;
      case WeightMatrix.Float16 _ -> 16;
      case WeightMatrix.PerChannel w -> w.bits();
      case WeightMatrix.Int4Blocks _ -> 4;
    };
  }

  /** Turns the first {@code bytes} of some rows; a last word that is not whole is filled up with zeros. */
  private static void turn(
      MemorySegment values, long offset, long rowBytes, int rows, int bytes, VectorScratch scratch, int[] words) {
    int whole = bytes / 4;
    int[] square = scratch.square(Lanes.COUNT * Lanes.COUNT);
    VectorTransposition.turn(values, offset, rowBytes, rows, whole, words, WIDTH, square);
    if ((bytes & 3) != 0) {
      for (int row = 0; row < rows; row++) {
        int word = 0;
        for (int b = bytes - 1; b >= 4 * whole; b--) { // no further: the file may end here
          word = word << 8 | values.get(JAVA_BYTE, offset + row * rowBytes + b) & 0xff;
        }
        words[whole * WIDTH + row] = word;
      }
    }
  }

  private static void floats(int[] words, int count, float[] panel) {
    for (int i = 0; i < count * WIDTH; i += Lanes.COUNT) {
      IntVector.fromArray(INTS, words, i).reinterpretAsFloats().intoArray(panel, i);
    }
  }

  private static void halves(int[] words, int count, float[] panel) {
    for (int i = 0; i < count; i++) {
      for (int v = 0; v < WIDTH; v += Lanes.COUNT) {
        IntVector word = IntVector.fromArray(INTS, words, i * WIDTH + v);
        widen(word.lanewise(VectorOperators.LSHL, 16)).intoArray(panel, 2 * i * WIDTH + v);
        widen(word).intoArray(panel, (2 * i + 1) * WIDTH + v);
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

  private static void integers(int[] words, int count, int bits, float[] panel) {
    int unused = Integer.SIZE - bits;
    for (int i = 0, p = 0; i < count; i++) {
      for (int shift = unused; shift >= 0; shift -= bits, p += WIDTH) {
        for (int v = 0; v < WIDTH; v += Lanes.COUNT) {
          IntVector word = IntVector.fromArray(INTS, words, i * WIDTH + v);
          IntVector element = word.lanewise(VectorOperators.LSHL, shift).lanewise(VectorOperators.ASHR, unused);
          ((FloatVector) element.convert(VectorOperators.I2F, 0)).intoArray(panel, p + v);
        }
      }
    }
  }
}
