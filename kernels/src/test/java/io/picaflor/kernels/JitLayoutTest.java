package io.picaflor.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.picaflor.quantization.BFloat16;
import io.picaflor.quantization.PackedIntegers;
import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What {@link JitLayout} writes, byte for byte against {@link PanelForm}'s words, one weight at a time. */
class JitLayoutTest {
  private static final int OUTPUTS = PanelForm.OUTPUTS;

  private final Random random = new Random(12);

  /** A panel as its form is described, without regard to speed. */
  private static byte[] described(PanelForm form, PackedSource source, int from, int to) {
    int columns = source.columns();
    int blockSize = JitLayout.blockSize(source);
    ByteBuffer panel =
        ByteBuffer.allocate((int) form.panelBytes(columns, blockSize)).order(ByteOrder.LITTLE_ENDIAN);
    int first = 0;
    for (WeightMatrix part : source.parts()) {
      for (int row = 0; row < part.rows(); row++) {
        int place = first + row - from;
        if (place >= 0 && first + row < to) {
          describe(form, part, row, place, panel);
        }
      }
      first += part.rows();
    }
    return panel.array();
  }

  private static void describe(PanelForm form, WeightMatrix part, int row, int place, ByteBuffer panel) {
    int bits = part instanceof WeightMatrix.PerChannel w ? w.bits() : 4;
    int blockSize = part instanceof WeightMatrix.Int4Blocks w ? w.blockSize() : Integer.MAX_VALUE;
    int sum = 0;
    float correction = 0;
    for (int k = 0; k < part.columns(); k++) {
      int weight = PackedIntegers.get(part.values(), bits, (long) row * part.columns() + k);
      sum += weight;
      int gaps = k / blockSize * 2 * OUTPUTS;
      if (form == PanelForm.INT8) {
        panel.put(PanelForm.HEAD + k / 4 * PanelForm.HEAD + 4 * place + k % 4, (byte) weight);
      } else {
        int at = PanelForm.HEAD + gaps + k / 8 * PanelForm.HEAD + 4 * place + k % 4;
        panel.put(at, (byte) (panel.get(at) | (weight & 15) << (k % 8 < 4 ? 0 : 4)));
      }
      if (part instanceof WeightMatrix.Int4Blocks w && (k + 1) % blockSize == 0) {
        float scale = BFloat16.round(w.scale(row, k / blockSize));
        correction -= sum * scale;
        sum = 0;
        int at = PanelForm.HEAD + gaps + (k + 1) / 8 * PanelForm.HEAD + 2 * place;
        panel.putShort(at, BFloat16.toBits(scale / 16));
      }
    }
    if (part instanceof WeightMatrix.PerChannel w) {
      panel.putInt(4 * place, sum);
      panel.putFloat(panel.capacity() - PanelForm.HEAD + 4 * place, w.scale(row));
    } else {
      panel.putFloat(4 * place, correction);
    }
  }

  private void assertAsDescribed(Arena arena, PackedSource source) {
    JitLayout layout = JitLayout.of(source);
    String what = layout.id() + " of " + source.rows() + " x " + source.columns();
    MemorySegment whole = dirty(arena, layout.bytes(source, 0, source.rows()));
    layout.pack(source, 0, source.rows(), whole);
    byte[] packed = whole.toArray(ValueLayout.JAVA_BYTE);
    int panelBytes = (int) layout.panelBytes(source);
    assertEquals(Math.ceilDiv(source.rows(), OUTPUTS) * panelBytes, packed.length, what);
    for (int from = 0; from < source.rows(); from += OUTPUTS) {
      int to = Math.min(from + OUTPUTS, source.rows());
      byte[] expected = described(layout.form(), source, from, to);
      int at = from / OUTPUTS * panelBytes;
      assertArrayEquals(expected, java.util.Arrays.copyOfRange(packed, at, at + panelBytes), what + ", from " + from);
      MemorySegment alone = dirty(arena, panelBytes);
      layout.pack(source, from, to, alone);
      assertArrayEquals(expected, alone.toArray(ValueLayout.JAVA_BYTE), what + ", alone from " + from);
    }
  }

  /** Memory in which nothing is zero: all bytes have to be written. */
  private static MemorySegment dirty(Arena arena, long bytes) {
    return arena.allocate(bytes, 64).fill((byte) 0x5a);
  }

  private PackedSource source(Arena arena, int bits, int blockSize, int columns, int... rows) {
    List<WeightMatrix> parts = new ArrayList<>();
    for (int count : rows) {
      MemorySegment values = arena.allocate(((long) count * columns * bits + 7) / 8, 1);
      for (long i = 0; i < values.byteSize(); i++) {
        values.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
      }
      if (blockSize > 0) {
        MemorySegment scales = arena.allocate(2L * count * (columns / blockSize), 2);
        for (long i = 0; i < scales.byteSize(); i += 2) {
          scales.set(WeightMatrix.HALF, i, Float.floatToFloat16(random.nextFloat() + 0.01f));
        }
        parts.add(new WeightMatrix.Int4Blocks(count, columns, blockSize, values, scales));
      } else {
        MemorySegment scales = arena.allocate(4L * count, 4);
        for (int i = 0; i < count; i++) {
          scales.setAtIndex(WeightMatrix.FLOAT, i, random.nextFloat());
        }
        parts.add(new WeightMatrix.PerChannel(count, columns, bits, values, scales));
      }
    }
    return new PackedSource(parts);
  }

  @Test
  void eachWeightSumAndScaleStandsWhereTheFormSays() {
    try (Arena arena = Arena.ofConfined()) {
      for (int columns : new int[] {1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 63, 64, 65, 96, 640}) {
        for (int bits : new int[] {8, 4, 2}) {
          for (int rows : new int[] {1, 63, 64, 65, 129, 193}) {
            assertAsDescribed(arena, source(arena, bits, 0, columns, rows));
          }
        }
      }
      for (int blockSize : new int[] {32, 64, 128}) {
        for (int blocks : new int[] {1, 2, 5}) {
          assertAsDescribed(arena, source(arena, 4, blockSize, blockSize * blocks, 131));
        }
      }
    }
  }

  @Test
  void partsStandBelowOneAnotherWithoutGaps() {
    try (Arena arena = Arena.ofConfined()) {
      for (int bits : new int[] {8, 4, 2}) {
        assertAsDescribed(arena, source(arena, bits, 0, 40, 1, 70, 3, 64, 130));
      }
      assertAsDescribed(arena, source(arena, 4, 32, 96, 1, 70, 3, 64, 130));
    }
  }

  @Test
  void nibblesOfVeryWideRowsAreWidened() {
    try (Arena arena = Arena.ofConfined()) {
      assertEquals(PanelForm.INT8, JitLayout.of(source(arena, 4, 0, 65_536, 1)).form());
      assertAsDescribed(arena, source(arena, 4, 0, 65_537, 2));
    }
  }
}
