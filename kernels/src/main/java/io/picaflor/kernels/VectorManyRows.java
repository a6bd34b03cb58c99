package io.picaflor.kernels;

import static io.picaflor.kernels.Lanes.FLOATS;

import io.picaflor.quantization.DynamicQuantization;
import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products of many rows, and all products of floats: a panel of outputs is widened to floats a slice of the inner
 * dimension at a time, and all rows run over it in tiles ({@link VectorTile}).
 *
 * <p>Each output is one chain over the inner dimension, so tiles, slices and threads change no bit. Integer products
 * are exact in float32 up to {@link #exactColumns}; there they are added up in int32. Blocks of int4 end with {@code
 * fma(sum, scale, result)}.
 */
final class VectorManyRows {
  private static final int WIDTH = VectorTile.WIDTH;
  private static final int ROWS = VectorTile.ROWS;

  /** Columns of a slice: the panel's part stays in the second-level cache. */
  private static final int SLICE = 512;

  private VectorManyRows() {}

  /** A product's rows of activations, padded with zeros to whole tiles. */
  private record Rows(int count, int padded, int inner, float[] values, DynamicQuantization[] rules) {
    /** A single row over is computed alone; two or three run as a whole tile. */
    static int padded(int rows) {
      return rows % ROWS <= 1 ? rows : Math.ceilDiv(rows, ROWS) * ROWS;
    }

    static Rows floats(MemorySegment x, int rows, int inner) {
      Rows result = of(rows, inner, null);
      MemorySegment.copy(x, ValueLayout.JAVA_FLOAT, 0, result.values, 0, rows * inner);
      return result;
    }

    static Rows quantized(MemorySegment x, int rows, int inner, boolean unsigned) {
      Rows result = of(rows, inner, new DynamicQuantization[rows]);
      for (int m = 0; m < rows; m++) {
        result.rules[m] = VectorQuantizer.quantize(x, m, inner, unsigned, result.values, m * inner);
      }
      return result;
    }

    private static Rows of(int rows, int inner, DynamicQuantization[] rules) {
      int padded = padded(rows);
      float[] values = VectorScratch.ofThread().activations((long) padded * inner);
      Arrays.fill(values, rows * inner, padded * inner, 0f);
      return new Rows(rows, padded, inner, values, rules);
    }
  }

  /** Makes the panel's slice of columns {@code from} to {@code to}. */
  private interface PanelSource {
    void write(int output, int from, int to, VectorScratch scratch, float[] panel);
  }

  static void floats(
      MemorySegment x, int rows, WeightMatrix weights, MemorySegment bias, MemorySegment y, Workers workers) {
    floats(Rows.floats(x, rows, weights.columns()), weights.rows(), bias, y, workers,
        (output, from, to, scratch, panel) -> VectorPanel.write(weights, output, from, to, scratch, panel));
  }

  static void matrixProduct(
      MemorySegment a, MemorySegment b, boolean transposed, int rows, int inner, int columns, MemorySegment c,
      Workers workers) {
    PanelSource source = transposed
        ? (output, from, to, own, panel) -> VectorPanel.writeRows(b, inner, output, columns, from, to, own, panel)
        : (output, from, to, _, panel) -> VectorPanel.writeColumns(b, columns, output, from, to, panel);
    floats(Rows.floats(a, rows, inner), columns, null, c, workers, source);
  }

  private static void floats(
      Rows x, int outputs, MemorySegment bias, MemorySegment y, Workers workers, PanelSource source) {
    forPanels(workers, outputs, x, (output, scratch) -> {
      float[] sums = scratch.sums((long) x.padded * WIDTH);
      float[] first = new float[WIDTH];
      if (bias != null) {
        MemorySegment.copy(bias, ValueLayout.JAVA_FLOAT, 4L * output, first, 0, Math.min(WIDTH, outputs - output));
      }
      for (int m = 0; m < x.padded; m++) {
        System.arraycopy(first, 0, sums, m * WIDTH, WIDTH);
      }
      float[] panel = scratch.panel((long) SLICE * WIDTH);
      for (int from = 0; from < x.inner; from += SLICE) {
        int to = Math.min(from + SLICE, x.inner);
        source.write(output, from, to, scratch, panel);
        for (int m = 0; m < x.padded; m = next(m, x)) {
          add(x, m, from, to, panel, 0, sums);
        }
      }
      for (int m = 0; m < x.count; m++) {
        put(sums, m * WIDTH, y, (long) m * outputs, output, outputs);
      }
    });
  }

  /** Columns whose products, 255 times the largest weight, add up to less than 2^24. */
  private static int exactColumns(int bits) {
    return switch (bits) {
      case 8 -> 512;
      case 4 -> 8192;
      case 2 -> 32_768;
      default -> throw new AssertionError(bits);
    };
  }

  static void perChannel(
      MemorySegment x, int rows, WeightMatrix.PerChannel w, MemorySegment bias, MemorySegment y, Workers workers) {
    Rows input = Rows.quantized(x, rows, w.columns(), false);
    int exact = exactColumns(w.bits());
    forPanels(workers, w.rows(), input, (output, scratch) -> {
      float[] sums = scratch.sums((long) input.padded * WIDTH);
      int[] wholeSums = scratch.wholeSums((long) input.padded * WIDTH);
      Arrays.fill(sums, 0, input.padded * WIDTH, 0f);
      Arrays.fill(wholeSums, 0, input.padded * WIDTH, 0);
      float[] panel = scratch.panel((long) SLICE * WIDTH);
      for (int from = 0; from < input.inner; from += SLICE) {
        int to = Math.min(from + SLICE, input.inner);
        VectorPanel.write(w, output, from, to, scratch, panel);
        for (int m = 0; m < input.padded; m = next(m, input)) {
          add(input, m, from, to, panel, 0, sums);
        }
        if (to % exact == 0 || to == input.inner) {
          moveToWhole(sums, wholeSums, input.padded * WIDTH);
        }
      }
      finishPerChannel(input, w, bias, y, output, wholeSums, sums);
    });
  }

  private static void moveToWhole(float[] sums, int[] wholeSums, int size) {
    for (int i = 0; i < size; i++) {
      wholeSums[i] += (int) sums[i];
    }
    Arrays.fill(sums, 0, size, 0f);
  }

  /**
   * {@code ((float) sum * rowScale) * channelScale}, or with a bias {@code fma((float) sum * rowScale, channelScale,
   * bias)}.
   */
  private static void finishPerChannel(
      Rows x, WeightMatrix.PerChannel w, MemorySegment bias, MemorySegment y, int output, int[] wholeSums,
      float[] results) {
    float[] scales = new float[WIDTH];
    float[] offsets = new float[WIDTH];
    for (int n = 0; n < Math.min(WIDTH, w.rows() - output); n++) {
      scales[n] = w.scale(output + n);
      offsets[n] = bias == null ? 0f : bias.getAtIndex(ValueLayout.JAVA_FLOAT, output + n);
    }
    for (int m = 0; m < x.count; m++) {
      float rowScale = x.rules[m].scale();
      for (int v = 0; v < WIDTH; v += Lanes.COUNT) {
        int i = m * WIDTH + v;
        FloatVector sum = (FloatVector) IntVector.fromArray(Lanes.INTS, wholeSums, i).convert(VectorOperators.I2F, 0);
        FloatVector scale = FloatVector.fromArray(FLOATS, scales, v);
        if (bias == null) {
          sum.mul(rowScale).mul(scale).intoArray(results, i);
        } else {
          sum.mul(rowScale).fma(scale, FloatVector.fromArray(FLOATS, offsets, v)).intoArray(results, i);
        }
      }
      put(results, m * WIDTH, y, (long) m * w.rows(), output, w.rows());
    }
  }

  static void blocks(
      MemorySegment x, int rows, VectorWeights.Blocks weights, MemorySegment bias, MemorySegment y, Workers workers) {
    WeightMatrix.Int4Blocks w = weights.source();
    Rows input = Rows.quantized(x, rows, w.columns(), true);
    int slice = Math.max(w.blockSize(), SLICE / w.blockSize() * w.blockSize());
    forPanels(workers, w.rows(), input, (output, scratch) -> {
      VectorWeights.Slab slab = weights.slab(output / VectorWeights.Blocks.SLAB);
      int inSlab = output % VectorWeights.Blocks.SLAB;
      float[] sums = scratch.sums((long) (input.padded + ROWS) * WIDTH);
      int results = ROWS * WIDTH;
      Arrays.fill(sums, 0, results, 0f);
      for (int m = 0; m < input.padded; m++) {
        float zeroPoint = m < input.count ? input.rules[m].zeroPoint() + 128f : 0f;
        for (int i = 0; i < WIDTH; i++) {
          sums[results + m * WIDTH + i] = slab.corrections()[inSlab + i] * zeroPoint;
        }
      }
      float[] panel = scratch.panel((long) slice * WIDTH);
      for (int from = 0; from < input.inner; from += slice) {
        int to = Math.min(from + slice, input.inner);
        VectorPanel.write(w, output, from, to, scratch, panel);
        for (int m = 0; m < input.padded; m = next(m, input)) {
          int tile = next(m, input) - m;
          for (int block = from; block < to; block += w.blockSize()) {
            int at = m * input.inner + block;
            int p = (block - from) * WIDTH;
            if (tile == ROWS) {
              VectorTile.addRows(panel, p, w.blockSize(), input.values, at, input.inner, sums, 0);
            } else {
              VectorTile.addRow(panel, p, w.blockSize(), input.values, at, sums, 0);
            }
            finishBlock(sums, results + m * WIDTH, tile, slab, block / w.blockSize(), inSlab);
          }
        }
      }
      finishBlocks(input, w, bias, y, output, sums, results);
    });
  }

  /** {@code result = fma(sum, scale, result); sum = 0}. */
  private static void finishBlock(
      float[] sums, int results, int rows, VectorWeights.Slab slab, int block, int inSlab) {
    FloatVector zero = FloatVector.zero(FLOATS);
    for (int v = 0; v < WIDTH; v += Lanes.COUNT) {
      int index = VectorWeights.Slab.index(block, inSlab + v);
      FloatVector scale = IntVector.fromArray(Lanes.INTS, slab.packedScales(), index)
          .lanewise(VectorOperators.LSHL, VectorWeights.Slab.shift(inSlab + v))
          .and(0xffff_0000)
          .reinterpretAsFloats();
      for (int i = v; i < rows * WIDTH; i += WIDTH) {
        FloatVector sum = FloatVector.fromArray(FLOATS, sums, i);
        sum.fma(scale, FloatVector.fromArray(FLOATS, sums, results + i)).intoArray(sums, results + i);
        zero.intoArray(sums, i);
      }
    }
  }

  /** {@code result * rowScale + bias}. */
  private static void finishBlocks(
      Rows x, WeightMatrix w, MemorySegment bias, MemorySegment y, int output, float[] sums, int results) {
    float[] offsets = new float[WIDTH];
    if (bias != null) {
      MemorySegment.copy(bias, ValueLayout.JAVA_FLOAT, 4L * output, offsets, 0, Math.min(WIDTH, w.rows() - output));
    }
    for (int m = 0; m < x.count; m++) {
      int row = results + m * WIDTH;
      float rowScale = x.rules[m].scale();
      for (int v = 0; v < WIDTH; v += Lanes.COUNT) {
        FloatVector scaled = FloatVector.fromArray(FLOATS, sums, row + v).mul(rowScale);
        if (bias == null) {
          scaled.intoArray(sums, row + v);
        } else {
          scaled.add(FloatVector.fromArray(FLOATS, offsets, v)).intoArray(sums, row + v);
        }
      }
      put(sums, row, y, (long) m * w.rows(), output, w.rows());
    }
  }

  /** The row after the tile that begins at row m. */
  private static int next(int m, Rows x) {
    return m + ROWS <= x.padded ? m + ROWS : m + 1;
  }

  /** Adds the columns of a slice to the sums of the tile at row m. */
  private static void add(Rows x, int m, int from, int to, float[] panel, int p, float[] sums) {
    int at = m * x.inner + from;
    if (m + ROWS <= x.padded) {
      VectorTile.addRows(panel, p, to - from, x.values, at, x.inner, sums, m * WIDTH);
    } else {
      VectorTile.addRow(panel, p, to - from, x.values, at, sums, m * WIDTH);
    }
  }

  private static void put(float[] results, int from, MemorySegment y, long row, int output, int outputs) {
    MemorySegment.copy(results, from, y, ValueLayout.JAVA_FLOAT, 4 * (row + output), Math.min(WIDTH, outputs - output));
  }

  /** One panel of a product. */
  private interface PanelTask {
    void run(int output, VectorScratch scratch);
  }

  /** Panels are handed out one by one: a thread that is held up costs its panel and no more. */
  private static void forPanels(Workers workers, int outputs, Rows x, PanelTask task) {
    int panels = Math.ceilDiv(outputs, WIDTH);
    if (Shares.worthSplitting((long) outputs * x.count * x.inner)) {
      workers.run(panels, i -> task.run(i * WIDTH, VectorScratch.ofThread()));
    } else {
      VectorScratch scratch = VectorScratch.ofThread();
      for (int i = 0; i < panels; i++) {
        task.run(i * WIDTH, scratch);
      }
    }
  }
}
