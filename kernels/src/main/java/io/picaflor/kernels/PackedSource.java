package io.picaflor.kernels;

import java.util.List;

import io.picaflor.quantization.WeightMatrix;

/**
 * The weights of one linear operator: matrices whose rows stand below one another, such as those of queries, keys and values.
 *
 * <p>An ordered list, so that whoever packs them or makes a key of them sees the same thing.
 *
 * @param parts at least one; all with the same number of columns and of the same kind, blocks of the same size
 */
public record PackedSource(List<WeightMatrix> parts) {
  public PackedSource {
    parts = List.copyOf(parts);
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("parts: expected at least one");
    }
    WeightMatrix first = parts.getFirst();
    for (WeightMatrix part : parts) {
      if (!fits(first, part)) {
        throw new IllegalArgumentException("parts: expected matrices of one kind and width, found others");
      }
    }
  }

  /** Whether two matrices can be parts of one source. */
  public static boolean fits(WeightMatrix a, WeightMatrix b) {
    return a.columns() == b.columns()
        && switch (a) {
          case WeightMatrix.Float32 _ -> b instanceof WeightMatrix.Float32;
          case WeightMatrix.Float16 _ -> b instanceof WeightMatrix.Float16;
          case WeightMatrix.PerChannel left ->
              b instanceof WeightMatrix.PerChannel right && left.bits() == right.bits();
          case WeightMatrix.Int4Blocks left ->
              b instanceof WeightMatrix.Int4Blocks right && left.blockSize() == right.blockSize();
        };
  }

  /** A source of one matrix. */
  public static PackedSource of(WeightMatrix... parts) {
    return new PackedSource(List.of(parts));
  }

  /** Outputs of the layer: rows of all parts together. */
  public int rows() {
    int rows = 0;
    for (int i = 0; i < parts.size(); i++) { // neither stream nor iterator: operators ask this as they run
      rows += parts.get(i).rows();
    }
    return rows;
  }

  /** Inputs of the layer. */
  public int columns() {
    return parts.getFirst().columns();
  }

  /** Whether inputs are quantized as they run: the weights are integers. */
  public boolean quantized() {
    return parts.getFirst() instanceof WeightMatrix.PerChannel || parts.getFirst() instanceof WeightMatrix.Int4Blocks;
  }
}
