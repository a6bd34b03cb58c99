package io.picaflor.kernels;

import io.picaflor.quantization.BFloat16;
import io.picaflor.quantization.PackedIntegers;
import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * How the tier {@code vector} lays weights out: panels of {@link #PANEL} outputs, lanes along the outputs, so that a product
 * needs no sums across lanes and reads memory in one forward stream.
 *
 * <p>A row of weights is cut into words of 32 bits; a panel holds {@code words[i][output]}, outputs that do not exist as 0. In
 * integers the sign bits are flipped, so that a mask gives a weight plus half of its range; the top byte of an int8 word
 * keeps its sign, for its mask gives the signed number. Parts stand below one another without gaps.
 *
 * <pre>
 * floats       words
 * per channel  words, then float32 scale[output]
 * int4 blocks  float32 correction[output] = 0 - sum_b(sum_k(w) * scale[b]); then for each block its words and its scales,
 *              bfloat16, the first half of the outputs in the lower halves of words, the second half in the upper ones
 * </pre>
 */
final class VectorLayout implements WeightLayout {
  /** Outputs of a panel: two vectors, whose sums fit the 16 registers of AVX2. */
  static final int PANEL = 2 * Lanes.COUNT;

  /** Bytes of a word of each output. */
  static final int WORD_BYTES = 4 * PANEL;

  private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT_UNALIGNED.withOrder(Lanes.ORDER);
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(Lanes.ORDER);

  private final String kind;
  private final int bits;
  private final int columns;
  private final int blockSize;
  private final boolean scaled;

  private VectorLayout(String kind, int bits, int columns, int blockSize, boolean scaled) {
    this.kind = kind;
    this.bits = bits;
    this.columns = columns;
    this.blockSize = blockSize;
    this.scaled = scaled;
  }

  /** Whether there is a layout: blocks may be too large for sums that are exact in float32. */
  static boolean fits(PackedSource source) {
    return !(source.parts().getFirst() instanceof WeightMatrix.Int4Blocks w)
        || w.blockSize() <= VectorDot.sectionColumns(4);
  }

  /** The layout of a source that {@link #fits}. */
  static VectorLayout of(PackedSource source) {
    int columns = source.columns();
    return switch (source.parts().getFirst()) {
      case WeightMatrix.Float32 _ -> new VectorLayout("float32", 32, columns, 0, false);
      case WeightMatrix.Float16 _ -> new VectorLayout("float16", 16, columns, 0, false);
      case WeightMatrix.PerChannel w -> new VectorLayout("int" + w.bits(), w.bits(), columns, 0, true);
      case WeightMatrix.Int4Blocks w ->
          new VectorLayout("int4-block" + w.blockSize(), 4, columns, w.blockSize(), false);
    };
  }

  /** Bits of an element. */
  int bits() {
    return bits;
  }

  /** Columns of a block, or 0. */
  int blockSize() {
    return blockSize;
  }

  /** Words of a row, the last one perhaps not whole. */
  int words() {
    return Math.toIntExact(((long) columns * bits + 31) / 32);
  }

  /** Bytes of a block, its scales included. */
  long blockBytes() {
    return (long) blockSize / 8 * WORD_BYTES + WORD_BYTES / 2;
  }

  long panelBytes() {
    if (blockSize > 0) {
      return WORD_BYTES + columns / blockSize * blockBytes();
    }
    return ((long) words() + (scaled ? 1 : 0)) * WORD_BYTES;
  }

  /** What is flipped in a word: sign bits. */
  int flip() {
    return switch (bits) {
      case 8 -> 0x0080_8080;
      case 4 -> 0x8888_8888;
      case 2 -> 0xaaaa_aaaa;
      default -> 0;
    };
  }

  @Override
  public String id() {
    return "vector-" + kind + "-panel" + PANEL + "-1";
  }

  @Override
  public int alignment() {
    return 64;
  }

  @Override
  public int panelRows() {
    return PANEL;
  }

  @Override
  public long bytes(PackedSource source, int rowFrom, int rowTo) {
    return Math.ceilDiv(rowTo - rowFrom, PANEL) * panelBytes();
  }

  @Override
  public void pack(PackedSource source, int rowFrom, int rowTo, MemorySegment target) {
    int[] words = new int[Math.multiplyExact(words(), PANEL)];
    int[] line = new int[words()];
    long to = 0;
    for (int row = rowFrom; row < rowTo; row += PANEL, to += panelBytes()) {
      packPanel(source, row, Math.min(row + PANEL, rowTo), words, line, target.asSlice(to, panelBytes()));
    }
  }

  private void packPanel(PackedSource source, int from, int to, int[] words, int[] line, MemorySegment target) {
    if (to - from < PANEL) {
      Arrays.fill(words, 0);
    }
    float[][] scales = new float[scaled ? 1 : blockSize > 0 ? columns / blockSize : 0][PANEL];
    int first = 0;
    for (WeightMatrix part : source.parts()) {
      int begin = Math.max(from, first);
      int end = Math.min(to, first + part.rows());
      if (begin < end) {
        readWords(part, begin - first, end - begin, words, begin - from, line);
        readScales(part, begin - first, end - begin, scales, begin - from);
      }
      first += part.rows();
    }
    int flip = flip();
    for (int i = 0; i < words.length; i++) {
      words[i] ^= flip;
    }
    if (blockSize > 0) {
      writeBlocks(words, scales, target);
      return;
    }
    MemorySegment.copy(words, 0, target, WORD, 0, words.length);
    if (scaled) {
      MemorySegment.copy(scales[0], 0, target, FLOAT, 4L * words.length, PANEL);
    }
  }

  /**
   * {@code words[i][to + row] = word i} of some rows; what is behind a row's end is 0. A plain loop: it is fast before the
   * vector kernels would be compiled.
   */
  private void readWords(WeightMatrix part, int first, int rows, int[] words, int to, int[] line) {
    long rowBits = (long) columns * bits;
    if (rowBits % 8 != 0) {
      readElements(part.values(), first, rows, words, to);
      return;
    }
    long rowBytes = rowBits / 8;
    MemorySegment target = MemorySegment.ofArray(line);
    line[line.length - 1] = 0;
    for (int row = 0; row < rows; row++) {
      MemorySegment.copy(part.values(), (first + row) * rowBytes, target, 0, rowBytes);
      for (int i = 0, at = to + row; i < line.length; i++, at += PANEL) {
        words[at] = line[i];
      }
    }
  }

  /** The same for rows that begin inside a byte. */
  private void readElements(MemorySegment values, int first, int rows, int[] words, int to) {
    int inWord = Integer.SIZE / bits;
    int mask = (1 << bits) - 1;
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < words(); i++) {
        int word = 0;
        for (int e = 0; e < inWord && i * inWord + e < columns; e++) {
          long index = (long) (first + row) * columns + i * inWord + e;
          word |= (PackedIntegers.get(values, bits, index) & mask) << e * bits;
        }
        words[i * PANEL + to + row] = word;
      }
    }
  }

  private static void readScales(WeightMatrix part, int first, int rows, float[][] scales, int to) {
    for (int row = 0; row < rows; row++) {
      switch (part) {
        case WeightMatrix.PerChannel w -> scales[0][to + row] = w.scale(first + row);
        case WeightMatrix.Int4Blocks w -> {
          for (int b = 0; b < scales.length; b++) {
            scales[b][to + row] = BFloat16.round(w.scale(first + row, b));
          }
        }
        case WeightMatrix.Float32 _,WeightMatrix.Float16 _ -> {}
      }
    }
  }

  private void writeBlocks(int[] words, float[][] scales, MemorySegment target) {
    float[] corrections = new float[PANEL];
    int[] pairs = new int[PANEL / 2];
    int blockWords = blockSize / 8 * PANEL;
    for (int b = 0; b < scales.length; b++) {
      for (int n = 0; n < PANEL; n++) {
        int sum = -8 * blockSize;
        for (int i = b * blockWords + n; i < (b + 1) * blockWords; i += PANEL) {
          int nibbles = (words[i] & 0x0f0f_0f0f) + (words[i] >>> 4 & 0x0f0f_0f0f);
          sum += nibbles * 0x0101_0101 >>> 24;
        }
        corrections[n] -= sum * scales[b][n];
      }
      for (int n = 0; n < PANEL / 2; n++) {
        pairs[n] = BFloat16.toBits(scales[b][n]) & 0xffff | BFloat16.toBits(scales[b][n + PANEL / 2]) << 16;
      }
      long at = WORD_BYTES + b * blockBytes();
      MemorySegment.copy(words, b * blockWords, target, WORD, at, blockWords);
      MemorySegment.copy(pairs, 0, target, WORD, at + 4L * blockWords, PANEL / 2);
    }
    MemorySegment.copy(corrections, 0, target, FLOAT, 0, PANEL);
  }
}
