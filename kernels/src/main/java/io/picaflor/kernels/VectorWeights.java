package io.picaflor.kernels;

import io.picaflor.quantization.BFloat16;
import io.picaflor.quantization.WeightMatrix;
import java.util.Arrays;

/**
 * Weights for the tier {@code vector}. The values stay where they are, in the mapped file; only what blocks need beside
 * them is kept, made when it is first used.
 */
sealed interface VectorWeights {
  /** The matrix as the file stores it. */
  WeightMatrix source();

  /** What the vector kernels read as it is. */
  record InPlace(WeightMatrix source) implements VectorWeights {}

  /** What they cannot read, such as rows that begin inside a byte: computed by the tier {@code scalar}. */
  record Odd(WeightMatrix source) implements VectorWeights {}

  static VectorWeights of(WeightMatrix source) {
    return switch (source) {
      case WeightMatrix.Float32 w -> new InPlace(w);
      case WeightMatrix.Float16 w -> new InPlace(w);
      case WeightMatrix.PerChannel w -> (long) w.columns() * w.bits() % 8 == 0 ? new InPlace(w) : new Odd(w);
      case WeightMatrix.Int4Blocks w -> w.blockSize() <= Blocks.LARGEST ? new Blocks(w) : new Odd(w);
    };
  }

  /** int4 in blocks: scales and corrections for slabs of rows, computed by whichever thread comes first. */
  final class Blocks implements VectorWeights {
    /** Sums of a block stay exact in float32: {@code 4096 * 255 * 15 < 2^24}. */
    static final int LARGEST = 4096;

    /** Rows of a slab, a multiple of every panel's width. */
    static final int SLAB = 64;

    private final WeightMatrix.Int4Blocks source;
    private final Slab[] slabs;
    private final float[] ones;

    private Blocks(WeightMatrix.Int4Blocks source) {
      this.source = source;
      slabs = new Slab[Math.ceilDiv(source.rows(), SLAB)];
      float[] plain = new float[source.columns()];
      Arrays.fill(plain, 1f);
      ones = new float[VectorDot.arrangedSize(4, plain.length, 1)];
      VectorDot.arrange(plain, 0, plain.length, 4, 1, ones, 0);
    }

    @Override
    public WeightMatrix.Int4Blocks source() {
      return source;
    }

    /** The slab that begins at row {@code index * SLAB}. */
    Slab slab(int index) {
      Slab slab = slabs[index]; // a race is harmless: slabs are immutable, and equal whoever makes them
      if (slab == null) {
        slab = makeSlab(index * SLAB);
        slabs[index] = slab;
      }
      return slab;
    }

    private Slab makeSlab(int firstRow) {
      int rows = Math.min(SLAB, source.rows() - firstRow);
      int blocks = source.blocks();
      int[] scales = new int[blocks * SLAB / 2];
      for (int row = 0; row < rows; row++) {
        for (int block = 0; block < blocks; block++) {
          int bits = Float.floatToRawIntBits(BFloat16.round(source.scale(firstRow + row, block)));
          scales[Slab.index(block, row)] |= bits >>> Slab.shift(row);
        }
      }
      Slab slab = new Slab(scales, new float[SLAB]);
      VectorFewRows.sumBlocks(source, slab, firstRow, rows, ones, slab.corrections);
      for (int row = 0; row < SLAB; row++) {
        slab.corrections[row] = 0f - slab.corrections[row];
      }
      return slab;
    }
  }

  /**
   * What the rows of a slab are multiplied by and start with.
   *
   * @param packedScales bfloat16, {@code [block][row]}: rows 0 to 31 in the lower halves, 32 to 63 in the upper ones
   * @param corrections for each row {@code -sum_b(sum_k(w) * scale[b])}
   */
  record Slab(int[] packedScales, float[] corrections) {
    private static final int HALF = Blocks.SLAB / 2;

    /** Where the scales of a block for some rows begin, the first of which is a multiple of {@link Lanes#COUNT}. */
    static int index(int block, int row) {
      return block * HALF + row % HALF;
    }

    /** How far those scales must be shifted up to be the upper halves of floats. */
    static int shift(int row) {
      return row < HALF ? Short.SIZE : 0;
    }
  }
}
