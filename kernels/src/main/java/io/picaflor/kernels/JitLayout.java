package io.picaflor.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.picaflor.quantization.BFloat16;
import io.picaflor.quantization.PackedIntegers;
import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.MemorySegment;

/** Packs weights into the panels of a {@link PanelForm}. */
final class JitLayout implements WeightLayout {
  /** So many inputs at most, sums of nibbles times 16 stay within 32 bits: {@code 65536 * 255 * 8 * 16 < 2^31}. */
  private static final int MOST_NIBBLE_INPUTS = 65_536;

  private final PanelForm form;

  private JitLayout(PanelForm form) {
    this.form = form;
  }

  /**
   * The layout for such weights.
   *
   * @throws IllegalArgumentException if its blocks are too large for sums in 32 bits
   */
  static JitLayout of(PackedSource source) {
    return switch (source.parts().getFirst()) {
      case WeightMatrix.PerChannel w -> new JitLayout(
          w.bits() == 4 && w.columns() < MOST_NIBBLE_INPUTS ? PanelForm.INT4 : PanelForm.INT8);
      case WeightMatrix.Int4Blocks w when w.blockSize() >= MOST_NIBBLE_INPUTS -> throw new IllegalArgumentException(
          "block size: expected fewer than " + MOST_NIBBLE_INPUTS + " in tier jit, found " + w.blockSize()
              + "; use --kernels scalar");
      case WeightMatrix.Int4Blocks _ -> new JitLayout(PanelForm.INT4_BLOCKS);
      case WeightMatrix.Float32 _ -> new JitLayout(PanelForm.FLOAT32);
      case WeightMatrix.Float16 _ -> new JitLayout(PanelForm.FLOAT16);
    };
  }

  PanelForm form() {
    return form;
  }

  static int blockSize(PackedSource source) {
    return source.parts().getFirst() instanceof WeightMatrix.Int4Blocks w ? w.blockSize() : source.columns();
  }

  long panelBytes(PackedSource source) {
    return form.panelBytes(source.columns(), blockSize(source));
  }

  @Override
  public String id() {
    return switch (form) {
      case INT8 -> "x64-int8-panel64-1";
      case INT4 -> "x64-int4-panel64-1";
      case INT4_BLOCKS -> "x64-int4-blocks-panel64-1";
      case FLOAT32 -> "x64-float32-panel64-1";
      case FLOAT16 -> "x64-float16-panel64-1";
    };
  }

  @Override
  public int alignment() {
    return 64;
  }

  @Override
  public int panelRows() {
    return PanelForm.OUTPUTS;
  }

  @Override
  public long bytes(PackedSource source, int rowFrom, int rowTo) {
    return Math.ceilDiv(rowTo - rowFrom, PanelForm.OUTPUTS) * panelBytes(source);
  }

  @Override
  public void pack(PackedSource source, int rowFrom, int rowTo, MemorySegment target) {
    byte[] row = new byte[PanelForm.rounds(source.columns()) * PanelForm.ROUND];
    byte[] values = new byte[source.columns()];
    target.asSlice(0, bytes(source, rowFrom, rowTo)).fill((byte) 0);
    int first = 0;
    for (WeightMatrix part : source.parts()) {
      int end = Math.min(rowTo, first + part.rows());
      for (int output = Math.max(rowFrom, first); output < end; output++) {
        int in = output - rowFrom;
        MemorySegment panel = target.asSlice(in / PanelForm.OUTPUTS * panelBytes(source), panelBytes(source));
        int place = in % PanelForm.OUTPUTS;
        int outputOfPart = output - first;
        switch (part) {
          case WeightMatrix.PerChannel w -> {
            readIntegers(part, w.bits(), outputOfPart, values, row);
            packChannel(row, w.scale(outputOfPart), panel, place);
          }
          case WeightMatrix.Int4Blocks w -> {
            readIntegers(part, 4, outputOfPart, values, row);
            packBlocks(w, outputOfPart, row, panel, place);
          }
          case WeightMatrix.Float32 w -> packFloats(w, outputOfPart, panel, place);
          case WeightMatrix.Float16 w -> packHalves(w, outputOfPart, panel, place);
        }
      }
      first += part.rows();
    }
  }

  private static void readIntegers(WeightMatrix part, int bits, int output, byte[] values, byte[] row) {
    PackedIntegers.get(part.values(), bits, (long) output * values.length, values);
    System.arraycopy(values, 0, row, 0, values.length);
  }

  private static void packFloats(WeightMatrix.Float32 source, int output, MemorySegment panel, int place) {
    long from = (long) output * source.columns();
    for (int k = 0; k < source.columns(); k++) {
      panel.set(JAVA_FLOAT, 4 * ((long) k * PanelForm.OUTPUTS + place),
          source.values().getAtIndex(WeightMatrix.FLOAT, from + k));
    }
  }

  private static void packHalves(WeightMatrix.Float16 source, int output, MemorySegment panel, int place) {
    long from = (long) output * source.columns();
    for (int k = 0; k < source.columns(); k++) {
      panel.set(JAVA_SHORT, 2 * ((long) k * PanelForm.OUTPUTS + place),
          source.values().getAtIndex(WeightMatrix.HALF, from + k));
    }
  }

  private void packChannel(byte[] row, float scale, MemorySegment panel, int place) {
    int sum = 0;
    for (byte weight : row) {
      sum += weight;
    }
    panel.set(JAVA_INT, 4L * place, sum);
    packWeights(row, 0, row.length, panel, PanelForm.HEAD, place);
    panel.set(JAVA_FLOAT, panel.byteSize() - PanelForm.HEAD + 4L * place, scale);
  }

  private void packBlocks(WeightMatrix.Int4Blocks source, int output, byte[] row, MemorySegment panel, int place) {
    int size = source.blockSize();
    long blockBytes = (long) size / PanelForm.ROUND * form.roundBytes();
    float correction = 0f;
    long at = PanelForm.HEAD;
    for (int block = 0; block < source.blocks(); block++) {
      float scale = BFloat16.round(source.scale(output, block));
      int sum = 0;
      for (int k = block * size; k < (block + 1) * size; k++) {
        sum += row[k];
      }
      correction -= sum * scale;
      packWeights(row, block * size, size, panel, at, place);
      at += blockBytes;
      // exact: float16 has no numbers so small that a sixteenth of them is none of bfloat16
      panel.set(JAVA_SHORT, at + 2L * place, (short) (Float.floatToRawIntBits(scale / 16) >>> 16));
      at += 2L * PanelForm.OUTPUTS;
    }
    panel.set(JAVA_FLOAT, 4L * place, correction);
  }

  /** Four weights of an output after the other, 256 bytes apart; of nibbles eight. */
  private void packWeights(byte[] row, int from, int count, MemorySegment panel, long at, int place) {
    long to = at + 4L * place;
    if (form == PanelForm.INT8) {
      for (int k = from; k < from + count; k += 4, to += PanelForm.HEAD) {
        panel.set(JAVA_INT, to, word(row, k));
      }
      return;
    }
    for (int k = from; k < from + count; k += 8, to += PanelForm.HEAD) {
      panel.set(JAVA_INT, to, word(row, k) & 0x0f0f0f0f | (word(row, k + 4) & 0x0f0f0f0f) << 4);
    }
  }

  private static int word(byte[] row, int k) {
    return row[k] & 0xff | (row[k + 1] & 0xff) << 8 | (row[k + 2] & 0xff) << 16 | row[k + 3] << 24;
  }
}
