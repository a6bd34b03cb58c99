package io.picaflor.quantization;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A constant weight matrix {@code W} of {@code rows x columns}, row-major, as the model file stores it.
 *
 * <p>A fully connected layer computes {@code y = x * W^T + bias}: {@code rows} is the number of outputs, {@code
 * columns} the number of inputs. The segments are borrowed: they are slices of a mapped file, need not be aligned, and
 * are little-endian. The records check once that each segment is as long as its shape says, so readers may index by
 * shape.
 *
 * <p>Formats: {@code ../reference/FORMATS.md}, 1.5 (packing) and 5 (arithmetic). Zero points of weights are always 0.
 */
public sealed interface WeightMatrix {

  /** Little-endian float32 at any address. */
  ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Little-endian 16-bit value (a float16) at any address. */
  ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Outputs of the layer. */
  int rows();

  /** Inputs of the layer. */
  int columns();

  /** The values as stored, without scales. */
  MemorySegment values();

  /** {@code w[r][c]} as float32. */
  record Float32(int rows, int columns, MemorySegment values) implements WeightMatrix {
    public Float32 {
      requireBytes(values, 4L * elements(rows, columns), "values");
    }
  }

  /** {@code w[r][c]} as IEEE float16, widened exactly. */
  record Float16(int rows, int columns, MemorySegment values) implements WeightMatrix {
    public Float16 {
      requireBytes(values, 2L * elements(rows, columns), "values");
    }
  }

  /**
   * Signed integers of 8, 4 or 2 bits with one float32 scale per row: {@code w[r][c] = q[r][c] * scale(r)}.
   *
   * <p>Narrow integers lie without padding, element {@code i} of the whole matrix in byte {@code i * bits / 8}, lower
   * elements in lower bits. A single scale stands for all rows.
   *
   * @param bits 8, 4 or 2
   * @param scales 1 or {@code rows} float32 values
   */
  record PerChannel(int rows, int columns, int bits, MemorySegment values,
      MemorySegment scales) implements WeightMatrix {
    public PerChannel {
      if (bits != 8 && bits != 4 && bits != 2) {
        throw new IllegalArgumentException("bits: expected 8, 4 or 2, found " + bits);
      }
      requireBytes(values, (elements(rows, columns) * bits + 7) / 8, "values");
      if (scales.byteSize() != 4 && scales.byteSize() != 4L * rows) {
        throw new IllegalArgumentException(
            "scales: expected 1 or " + rows + " values, found " + scales.byteSize() + " bytes");
      }
    }

    /** The scale of a row. */
    public float scale(int row) {
      return scales.getAtIndex(FLOAT, scales.byteSize() == 4 ? 0 : row);
    }
  }

  /**
   * int4 with one float16 scale for every {@code blockSize} columns of a row:
   * {@code w[r][c] = q[r][c] * scale(r, c / blockSize)}. Packed as in {@link PerChannel}.
   *
   * @param scales {@code rows * columns / blockSize} float16 values
   */
  record Int4Blocks(int rows, int columns, int blockSize, MemorySegment values,
      MemorySegment scales) implements WeightMatrix {
    public Int4Blocks {
      if (blockSize <= 0 || blockSize % 32 != 0 || columns % blockSize != 0) {
        throw new IllegalArgumentException(
            "block size: expected a multiple of 32 that divides " + columns + ", found " + blockSize);
      }
      requireBytes(values, (elements(rows, columns) * 4 + 7) / 8, "values");
      requireBytes(scales, 2L * rows * (columns / blockSize), "scales");
    }

    /** Blocks in a row. */
    public int blocks() {
      return columns / blockSize;
    }

    /** The scale of a block, as the file has it (float16 widened to float32). */
    public float scale(int row, int block) {
      return Float.float16ToFloat(scales.getAtIndex(HALF, (long) row * blocks() + block));
    }
  }

  private static long elements(int rows, int columns) {
    if (rows <= 0 || columns <= 0) {
      throw new IllegalArgumentException("shape: expected positive sizes, found " + rows + " x " + columns);
    }
    return (long) rows * columns;
  }

  private static void requireBytes(MemorySegment segment, long bytes, String what) {
    if (segment.byteSize() != bytes) {
      throw new IllegalArgumentException(what + ": expected " + bytes + " bytes, found " + segment.byteSize());
    }
  }
}
