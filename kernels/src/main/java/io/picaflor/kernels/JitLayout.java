package io.picaflor.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

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
    if (form.floats()) {
      packFloats(source, rowFrom, rowTo, target);
      return;
    }
    PanelPacker packer = new PanelPacker(form, source.columns(), blockSize(source));
    long panelBytes = panelBytes(source);
    for (int row = rowFrom, panel = 0; row < rowTo; row += PanelForm.OUTPUTS, panel++) {
      packer.pack(source, row, Math.min(row + PanelForm.OUTPUTS, rowTo),
          target.asSlice(panel * panelBytes, panelBytes));
    }
  }

  private void packFloats(PackedSource source, int rowFrom, int rowTo, MemorySegment target) {
    target.asSlice(0, bytes(source, rowFrom, rowTo)).fill((byte) 0); // outputs that fill the last panel up
    int first = 0;
    for (WeightMatrix part : source.parts()) {
      int end = Math.min(rowTo, first + part.rows());
      for (int output = Math.max(rowFrom, first); output < end; output++) {
        int in = output - rowFrom;
        MemorySegment panel = target.asSlice(in / PanelForm.OUTPUTS * panelBytes(source), panelBytes(source));
        packFloats(part, output - first, panel, in % PanelForm.OUTPUTS);
      }
      first += part.rows();
    }
  }

  private static void packFloats(WeightMatrix part, int output, MemorySegment panel, int place) {
    long from = (long) output * part.columns();
    for (int k = 0; k < part.columns(); k++) {
      long to = (long) k * PanelForm.OUTPUTS + place;
      switch (part) {
        case WeightMatrix.Float32 w ->
            panel.setAtIndex(JAVA_FLOAT, to, w.values().getAtIndex(WeightMatrix.FLOAT, from + k));
        case WeightMatrix.Float16 w ->
            panel.setAtIndex(JAVA_SHORT, to, w.values().getAtIndex(WeightMatrix.HALF, from + k));
        case WeightMatrix.PerChannel _,WeightMatrix.Int4Blocks _ -> throw new IllegalArgumentException(
            "weights: expected floats, found " + part);
      }
    }
  }
}
