package io.picaflor.kernels;

import io.picaflor.quantization.BFloat16;
import io.picaflor.quantization.PackedIntegers;
import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Writes panels of integers in a {@link PanelForm}, one after the other; for one thread.
 *
 * <p>A model is packed when the program has just begun, by code that is interpreted or compiled in haste. So the rows of a
 * panel come into an array of words in one copy and the panel leaves one in another, and between them is one plain loop that
 * takes four weights or eight at a time.
 */
final class PanelPacker {
  private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT_UNALIGNED;
  private static final int OUTPUTS = PanelForm.OUTPUTS;

  private final PanelForm form;
  private final int columns;

  /** Words of a row, each of four weights, or of eight where they are nibbles; the last one perhaps not whole. */
  private final int words;

  private final int blocks;
  private final int blockWords;
  private final int[] panel;
  private final int[] rows;
  private final int[] sums;
  private final float[] scales;
  private final short[] halves;

  PanelPacker(PanelForm form, int columns, int blockSize) {
    this.form = form;
    this.columns = columns;
    this.words = Math.ceilDiv(columns, form == PanelForm.INT8 ? 4 : 8);
    this.blocks = columns / blockSize;
    this.blockWords = Math.ceilDiv(words, blocks);
    this.panel = new int[Math.toIntExact(form.panelBytes(columns, blockSize) / Integer.BYTES)];
    this.rows = new int[Math.multiplyExact(OUTPUTS, words)];
    this.sums = new int[OUTPUTS * blocks];
    this.scales = new float[OUTPUTS];
    this.halves = new short[form == PanelForm.INT4_BLOCKS ? OUTPUTS * blocks : 0];
  }

  /** Writes the panel of some outputs, at most {@link PanelForm#OUTPUTS}. */
  void pack(PackedSource source, int from, int to, MemorySegment target) {
    if (to - from < OUTPUTS) {
      Arrays.fill(panel, 0); // a panel before it may have had all outputs
    }
    int first = 0;
    for (WeightMatrix part : source.parts()) {
      int begin = Math.max(from, first);
      int end = Math.min(to, first + part.rows());
      if (begin < end) {
        packRows(part, begin - first, end - begin, begin - from);
      }
      first += part.rows();
    }
    MemorySegment.copy(panel, 0, target, WORD, 0, panel.length);
  }

  private void packRows(WeightMatrix part, int first, int count, int place) {
    // Not a switch on patterns, which takes as long to begin as some megabytes to pack.
    if (part instanceof WeightMatrix.PerChannel w) {
      read(w.values(), w.bits(), first, count);
      if (form == PanelForm.INT8) {
        spreadBytes(rows, count, words, panel, place);
      } else {
        spreadNibbles(rows, count, 1, words, panel, place, sums);
        System.arraycopy(sums, 0, panel, place, count);
      }
      boolean one = w.scales().byteSize() == Float.BYTES;
      MemorySegment.copy(w.scales(), WeightMatrix.FLOAT, one ? 0 : (long) first * Float.BYTES, scales, 0,
          one ? 1 : count);
      for (int row = 0; row < count; row++) {
        panel[panel.length - OUTPUTS + place + row] = Float.floatToRawIntBits(scales[one ? 0 : row]);
      }
    } else if (part instanceof WeightMatrix.Int4Blocks w) {
      read(w.values(), 4, first, count);
      spreadNibbles(rows, count, blocks, blockWords, panel, place, sums);
      MemorySegment.copy(w.scales(), WeightMatrix.HALF, (long) first * blocks * Short.BYTES, halves, 0, count * blocks);
      spreadScales(count, place);
    } else {
      throw new IllegalArgumentException("weights: expected integers, found " + part);
    }
  }

  /** The words of some rows, one row after the other; what is behind a row's end is 0. */
  private void read(MemorySegment values, int bits, int first, int count) {
    int wordBits = form == PanelForm.INT8 ? 8 : 4;
    if (bits == wordBits && columns % (Integer.SIZE / bits) == 0) {
      MemorySegment.copy(values, WORD, (long) first * words * Integer.BYTES, rows, 0, count * words);
      return;
    }
    // Rows that begin inside a word, or weights that have to be widened.
    byte[] row = new byte[columns];
    Arrays.fill(rows, 0);
    for (int r = 0; r < count; r++) {
      PackedIntegers.get(values, bits, (long) (first + r) * columns, row);
      for (int k = 0; k < columns; k++) {
        int at = k * wordBits;
        rows[r * words + at / Integer.SIZE] |= (row[k] & (1 << wordBits) - 1) << at % Integer.SIZE;
      }
    }
  }

  /**
   * Words of four weights into every {@link PanelForm#OUTPUTS}th word of the panel, and the sums of rows into its head. With
   * their signs flipped bytes are 128 more, and add up without borrowing.
   */
  private static void spreadBytes(int[] rows, int count, int words, int[] panel, int place) {
    for (int row = 0; row < count; row++) {
      int sum = -4 * 128 * words;
      int at = OUTPUTS + place + row;
      for (int i = row * words; i < (row + 1) * words; i++, at += OUTPUTS) {
        int word = rows[i];
        panel[at] = word;
        word ^= 0x8080_8080;
        sum += ((word & 0x00ff_00ff) + (word >>> 8 & 0x00ff_00ff)) * 0x0001_0001 >>> 16;
      }
      panel[place + row] = sum;
    }
  }

  /**
   * Words of eight weights, rearranged as {@link PanelForm#INT4} says, into the panel, with room for scales behind each block but the
   * last one; the sums of the rows' blocks beside. With their signs flipped nibbles are 8 more.
   */
  private static void spreadNibbles(int[] rows, int count, int blocks, int words, int[] panel, int place, int[] sums) {
    int i = 0;
    for (int row = 0; row < count; row++) {
      int at = OUTPUTS + place + row;
      for (int block = 0; block < blocks; block++, at += OUTPUTS / 2) {
        int sum = -8 * 8 * words;
        for (int end = i + words; i < end; i++, at += OUTPUTS) {
          int word = rows[i];
          int flipped = word ^ 0x8888_8888;
          sum += ((flipped & 0x0f0f_0f0f) + (flipped >>> 4 & 0x0f0f_0f0f)) * 0x0101_0101 >>> 24;
          int low = word & 0xffff;
          int high = word >>> 16;
          low = (low | low << 8) & 0x00ff_00ff;
          high = (high | high << 8) & 0x00ff_00ff;
          panel[at] = (low | low << 4) & 0x0f0f_0f0f | ((high | high << 4) & 0x0f0f_0f0f) << 4;
        }
        sums[row * blocks + block] = sum;
      }
    }
  }

  /** The scales of blocks, in pairs of outputs, and the corrections. */
  private void spreadScales(int count, int place) {
    int step = blockWords * OUTPUTS + OUTPUTS / 2;
    for (int row = 0; row < count; row++) {
      float correction = 0f;
      int to = OUTPUTS + blockWords * OUTPUTS + (place + row) / 2;
      int shift = (place + row) % 2 * 16;
      for (int i = row * blocks; i < (row + 1) * blocks; i++, to += step) {
        float scale = BFloat16.round(Float.float16ToFloat(halves[i]));
        correction -= sums[i] * scale;
        // exact: float16 has no numbers so small that a sixteenth of them is none of bfloat16
        int bits = Float.floatToRawIntBits(scale / 16) >>> 16;
        panel[to] = panel[to] & ~(0xffff << shift) | bits << shift;
      }
      panel[place + row] = Float.floatToRawIntBits(correction);
    }
  }
}
