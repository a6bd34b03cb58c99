package io.picaflor.reference;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.ElementType;
import io.picaflor.graph.Quantization;
import io.picaflor.graph.Tensor;
import io.picaflor.kernels.Kernels;
import io.picaflor.kernels.PackedWeights;
import io.picaflor.quantization.Dequantization;
import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The constants of a model in the form that steps read them: small ones copied to aligned memory, weight matrices packed by
 * the kernels. Signatures that share a buffer share its one form.
 *
 * <p>Filled while signatures are lowered, by one thread; afterwards only read.
 */
public final class Constants {
  private static final int SCALES_AT_ONCE = 2048;
  private static final short HALF_INFINITY = 0x7C00;

  /** What makes two constants the same: where their bytes lie, and how they are seen. */
  private record Key(long address, long bytes, ElementType type, boolean dequantized) {
    /** By hand, as {@link #hashCode}: the JVM makes code for a record's own at each start. */
    @Override
    public boolean equals(Object other) {
      return other instanceof Key key && key.address == address && key.bytes == bytes && key.type == type
          && key.dequantized == dequantized;
    }

    @Override
    public int hashCode() {
      return 31 * Long.hashCode(address + bytes) + type.ordinal() + (dequantized ? 16 : 0);
    }
  }

  private final String file;
  private final Kernels kernels;
  private final Arena arena;
  private final MemoryBudget budget;
  private final Map<Key, MemorySegment> segments = new HashMap<>();
  private final Map<Key, List<PackedWeights>> packed = new HashMap<>();
  /** Scales that were checked: bytes by address. A vocabulary's are many, and often those of the head as well. */
  private final Map<Long, Long> usable = new HashMap<>();

  /**
   * An empty pool.
   *
   * @param file the model's name, for messages
   * @param kernels the tier that packs the weights
   * @param arena owns what is copied; must outlive all frames
   */
  public Constants(String file, Kernels kernels, Arena arena) {
    this(file, kernels, arena, MemoryBudget.ofMachine(file));
  }

  /**
   * A pool that takes no more memory than it may.
   *
   * @param budget what a session of the model may take, constants included
   */
  public Constants(String file, Kernels kernels, Arena arena, MemoryBudget budget) {
    this.file = file;
    this.kernels = kernels;
    this.arena = arena;
    this.budget = budget;
  }

  /** What the model's constants, and all that is lowered with them, may take of memory. */
  MemoryBudget budget() {
    return budget;
  }

  /**
   * Counts memory that a session will take.
   *
   * @throws UnsupportedModelException if the machine has not so much
   */
  public void reserve(long bytes, String what) throws UnsupportedModelException {
    budget.reserve(bytes, what);
  }

  /** The values of a constant in aligned memory, widened to float32 if {@code dequantized}. */
  public MemorySegment segment(Tensor tensor, boolean dequantized)
      throws ModelFormatException, UnsupportedModelException {
    Key key = key(tensor, dequantized);
    MemorySegment known = segments.get(key);
    if (known != null) {
      return known;
    }
    MemorySegment made = dequantized ? widened(tensor) : copied(tensor);
    segments.put(key, made);
    return made;
  }

  private MemorySegment copied(Tensor tensor) throws UnsupportedModelException {
    MemorySegment data = data(tensor);
    budget.reserve(data.byteSize(), "the constant " + tensor.describe());
    MemorySegment copy = arena.allocate(Math.max(1, data.byteSize()), 64);
    MemorySegment.copy(data, 0, copy, 0, data.byteSize());
    return copy;
  }

  private MemorySegment widened(Tensor tensor) throws ModelFormatException, UnsupportedModelException {
    WeightMatrix matrix = matrix(tensor);
    long rowBytes = 4L * matrix.columns();
    requireUsableScales(tensor, matrix);
    budget.reserve(rowBytes * matrix.rows(), "the constant " + tensor.describe() + " as float32");
    MemorySegment target = arena.allocate(rowBytes * matrix.rows(), 64);
    for (int row = 0; row < matrix.rows(); row++) {
      Dequantization.dequantizeRow(matrix, row, target.asSlice(row * rowBytes, rowBytes));
    }
    return target;
  }

  /** The integers of a constant. */
  int[] ints(Tensor tensor) throws UnsupportedModelException {
    if (tensor.type() != ElementType.INT32) {
      throw new UnsupportedModelException(file, tensor.describe() + ": expected int32 as a parameter");
    }
    return data(tensor).toArray(java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED);
  }

  /**
   * A weight matrix packed for the kernels. Every signature has scales of its own, so one pack serves those whose scales
   * have the same values.
   */
  PackedWeights weights(Tensor tensor, boolean dequantized) throws ModelFormatException, UnsupportedModelException {
    WeightMatrix matrix = asMultiplied(tensor, dequantized);
    List<PackedWeights> candidates = packed.computeIfAbsent(key(tensor, dequantized), k -> new ArrayList<>());
    for (PackedWeights candidate : candidates) {
      if (sameScales(candidate.source().parts().getFirst(), matrix)) {
        return candidate;
      }
    }
    requireUsableScales(tensor, matrix);
    PackedWeights made = kernels.pack(matrix);
    candidates.add(made);
    return made;
  }

  private WeightMatrix asMultiplied(Tensor tensor, boolean dequantized)
      throws ModelFormatException, UnsupportedModelException {
    WeightMatrix matrix = matrix(tensor);
    return dequantized && !(matrix instanceof WeightMatrix.Float16)
        ? new WeightMatrix.Float32(matrix.rows(), matrix.columns(), segment(tensor, true))
        : matrix;
  }

  /**
   * A weight matrix as the file stores it, its scales checked.
   *
   * @param dequantized whether it is multiplied as floats, whatever it is stored as
   */
  public WeightMatrix weightMatrix(Tensor tensor, boolean dequantized)
      throws ModelFormatException, UnsupportedModelException {
    WeightMatrix matrix = asMultiplied(tensor, dequantized);
    requireUsableScales(tensor, matrix);
    return matrix;
  }

  private static boolean sameScales(WeightMatrix a, WeightMatrix b) {
    if (a.rows() != b.rows() || a.columns() != b.columns()) {
      return false;
    }
    return switch (a) {
      case WeightMatrix.Float32 _ -> true;
      case WeightMatrix.Float16 _ -> true;
      case WeightMatrix.PerChannel left ->
          b instanceof WeightMatrix.PerChannel right && left.scales().mismatch(right.scales()) == -1;
      case WeightMatrix.Int4Blocks left ->
          b instanceof WeightMatrix.Int4Blocks right
              && left.blockSize() == right.blockSize()
              && left.scales().mismatch(right.scales()) == -1;
    };
  }

  /** XNNPACK takes normal positive scales only; anything else would be silent nonsense. */
  private void requireUsableScales(Tensor tensor, WeightMatrix matrix) throws ModelFormatException {
    boolean usable =
        switch (matrix) {
          case WeightMatrix.Float32 _ -> true;
          case WeightMatrix.Float16 _ -> true;
          case WeightMatrix.PerChannel m -> isKnown(m.scales()) || usable(m.scales());
          case WeightMatrix.Int4Blocks m -> isKnown(m.scales()) || usableHalves(m.scales());
        };
    if (!usable) {
      throw malformed(tensor, "expected scales that are positive, normal and finite");
    }
  }

  /** Whether these scales were met before, and so are usable: those that are not end the load. */
  private boolean isKnown(MemorySegment scales) {
    return scales.isNative() && Long.valueOf(scales.byteSize()).equals(usable.put(scales.address(), scales.byteSize()));
  }

  /** Scales are copied to arrays in pieces: element by element from the file costs a cold JVM many times as much. */
  private static boolean usable(MemorySegment scales) {
    float[] piece = new float[SCALES_AT_ONCE];
    long count = scales.byteSize() / Float.BYTES;
    for (long at = 0; at < count; at += piece.length) {
      int length = (int) Math.min(piece.length, count - at);
      MemorySegment.copy(scales, WeightMatrix.FLOAT, at * Float.BYTES, piece, 0, length);
      for (int i = 0; i < length; i++) {
        if (!(piece[i] >= Float.MIN_NORMAL && piece[i] <= Float.MAX_VALUE)) {
          return false;
        }
      }
    }
    return true;
  }

  /** The same of float16: the positive finite ones, all of which are normal as float32. */
  private static boolean usableHalves(MemorySegment scales) {
    short[] piece = new short[SCALES_AT_ONCE];
    long count = scales.byteSize() / Short.BYTES;
    for (long at = 0; at < count; at += piece.length) {
      int length = (int) Math.min(piece.length, count - at);
      MemorySegment.copy(scales, WeightMatrix.HALF, at * Short.BYTES, piece, 0, length);
      for (int i = 0; i < length; i++) {
        if (piece[i] <= 0 || piece[i] >= HALF_INFINITY) { // negative ones are negative as short, too
          return false;
        }
      }
    }
    return true;
  }

  /** A constant as a weight matrix: the innermost dimension are columns, all others rows. */
  WeightMatrix matrix(Tensor tensor) throws ModelFormatException, UnsupportedModelException {
    if (tensor.shape().elements() == 0 || tensor.shape().rows() > Integer.MAX_VALUE) {
      throw malformed(tensor, "expected a matrix of weights");
    }
    int rows = (int) tensor.shape().rows();
    int columns = tensor.shape().rank() == 0 ? 1 : tensor.shape().size(-1);
    MemorySegment data = data(tensor);
    return switch (tensor.type()) {
      case FLOAT32 -> new WeightMatrix.Float32(rows, columns, data);
      case FLOAT16 -> new WeightMatrix.Float16(rows, columns, data);
      case INT8, INT4, INT2 -> quantized(tensor, rows, columns, data);
      default -> throw new UnsupportedModelException(file, tensor.describe() + " as weights is not supported");
    };
  }

  private WeightMatrix quantized(Tensor tensor, int rows, int columns, MemorySegment data)
      throws ModelFormatException, UnsupportedModelException {
    return switch (tensor.quantization()) {
      case Quantization.None _ -> throw malformed(tensor, "integers as weights need scales, and there are none");
      case Quantization.Affine affine -> {
        if (affine.zeroPoint() != 0 || affine.count() > 1 && affine.dimension() != 0) {
          throw new UnsupportedModelException(
              file,
              tensor.describe() + ": only scales along dimension 0 without zero points are supported, found dimension "
                  + affine.dimension() + " and zero point " + affine.zeroPoint());
        }
        yield new WeightMatrix.PerChannel(rows, columns, tensor.type().bits(), data, forRows(affine.scales(), rows));
      }
      case Quantization.Blockwise blocks -> {
        if (tensor.type() != ElementType.INT4 || blocks.blockSize() % 32 != 0) {
          throw new UnsupportedModelException(
              file,
              tensor.describe() + ": blocks are supported for int4 and multiples of 32, found " + blocks.blockSize());
        }
        yield new WeightMatrix.Int4Blocks(rows, columns, blocks.blockSize(), data, blocks.scales());
      }
    };
  }

  /** Scales run along the outermost dimension: of three or more, each stands for several rows. */
  private static MemorySegment forRows(MemorySegment scales, int rows) {
    long count = scales.byteSize() / Float.BYTES;
    if (count == 1 || count == rows) {
      return scales;
    }
    float[] repeated = new float[rows];
    long run = rows / count;
    for (int row = 0; row < rows; row++) {
      repeated[row] = scales.getAtIndex(WeightMatrix.FLOAT, row / run);
    }
    return MemorySegment.ofArray(repeated);
  }

  private static MemorySegment data(Tensor tensor) {
    return tensor.data().orElseThrow();
  }

  private Key key(Tensor tensor, boolean dequantized) {
    MemorySegment data = data(tensor);
    return new Key(data.address(), data.byteSize(), tensor.type(), dequantized);
  }

  private ModelFormatException malformed(Tensor tensor, String problem) {
    return new ModelFormatException(file, "graph", ModelFormatException.NO_OFFSET, tensor.describe() + ": " + problem);
  }
}
