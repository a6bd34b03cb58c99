package io.picaflor.kernels;

import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.MemorySegment;

/** Packs weights of integers into the panels of a {@link PanelForm}. */
final class JitLayout implements WeightLayout {
  /** So many inputs at most, sums of nibbles times 16 stay within 32 bits: {@code 65536 * 255 * 8 * 16 < 2^31}. */
  private static final int MOST_NIBBLE_INPUTS = 65_536;

  private final PanelForm form;

  private JitLayout(PanelForm form) {
    this.form = form;
  }

  /** The layout for such weights, or {@code null} if they are no integers. */
  static JitLayout of(PackedSource source) {
    return switch (source.parts().getFirst()) {
      case WeightMatrix.PerChannel w -> new JitLayout(
          w.bits() == 4 && w.columns() < MOST_NIBBLE_INPUTS ? PanelForm.INT4 : PanelForm.INT8);
      case WeightMatrix.Int4Blocks _ -> new JitLayout(PanelForm.INT4_BLOCKS);
      case WeightMatrix.Float32 _,WeightMatrix.Float16 _ -> null;
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
    PanelPacker packer = new PanelPacker(form, source.columns(), blockSize(source));
    long panelBytes = panelBytes(source);
    for (int row = rowFrom, panel = 0; row < rowTo; row += PanelForm.OUTPUTS, panel++) {
      packer.pack(source, row, Math.min(row + PanelForm.OUTPUTS, rowTo),
          target.asSlice(panel * panelBytes, panelBytes));
    }
  }
}
