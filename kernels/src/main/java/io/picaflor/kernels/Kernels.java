package io.picaflor.kernels;

import io.picaflor.quantization.WeightMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The matrix products of one tier. Chosen once per process by {@link #choose}.
 *
 * <p>Operands are native segments of float32 in native order, 4-byte aligned and dense (row-major, no gaps). Each
 * method checks their sizes once, before it starts. Tiers give bit-equal results: integer sums are exact, and float
 * sums follow one order, a chain of fused multiply-adds over the inner dimension ({@code ../reference/FORMATS.md}, 5.2
 * to 5.6). A row's result never depends on how many rows run beside it or on the number of threads.
 *
 * <p>Thread rule: safe for many threads; the {@link Workers} given are used by one call at a time.
 */
public interface Kernels {

  /**
   * The tier to use in this process: the fastest one that can run here, or the one asked for.
   *
   * <p>Falling back to a slower tier logs one warning that says what to add; a tier asked for by name never falls back.
   *
   * @param forced a tier's name, such as {@code vector}, or one with a level, such as {@code jit:avx2}; {@code null} for the
   *     fastest
   * @throws UnsupportedOperationException if the tier asked for cannot run on this JVM or CPU
   * @throws IllegalArgumentException if there is no such tier
   */
  static Kernels choose(String forced) {
    return KernelTiers.choose(forced);
  }

  /**
   * Checks a name for {@link #choose}, without asking whether the tier can run here.
   *
   * @throws IllegalArgumentException if there is no such tier or level
   */
  static void requireKnown(String name) {
    KernelTiers.requireKnown(name);
  }

  /** Names of all tiers, best first, whether or not they can run here. */
  static List<String> tiers() {
    return KernelTiers.names();
  }

  /** The tier's name, as {@code --kernels} takes it and {@code Timings} shows it: {@code scalar}, {@code vector}. */
  String name();

  /** What the tier runs on, for people: {@code vector, 512 bit}. */
  String description();

  /** Brings a matrix into this tier's form. Cheap where the tier reads the file's own layout. */
  default PackedWeights pack(WeightMatrix source) {
    return pack(PackedSource.of(source));
  }

  /** The layout that this tier reads such weights in. */
  WeightLayout layout(PackedSource source);

  /**
   * Weights that stand packed in memory.
   *
   * @param packed what the {@link #layout} of the source has written, aligned as it asks; empty where that reads in place
   */
  PackedWeights bind(PackedSource source, MemorySegment packed);

  /** Packs the weights of one linear operator into memory. */
  default PackedWeights pack(PackedSource source) {
    WeightLayout layout = layout(source);
    long bytes = layout.bytes(source, 0, source.rows());
    MemorySegment packed = Arena.ofAuto().allocate(bytes, layout.alignment());
    layout.pack(source, 0, source.rows(), packed);
    return bind(source, packed);
  }

  /** The fastest way of this tier to hash what weights consist of; made when it is asked for. */
  default ContentHash contentHash() {
    return new PlainContentHash();
  }

  /** The operators of this tier, for one session. */
  Operators operators(Workers workers);

  /** The index of the largest value, the lowest of equals; NaN counts as smallest. */
  int argMax(MemorySegment values, int count);

  /** Whether one of the values is NaN, which is no answer to anything. */
  boolean hasNaN(MemorySegment values, int count);

  /**
   * The {@code k} largest values in falling order, of equals the lower index first; NaN counts as smallest.
   *
   * <p>The first entry is what {@link #argMax} finds.
   *
   * @param values native, float32 in native order
   * @param count how many there are, at least k
   * @param k at least 1
   * @param indices the first k are overwritten with the values' indices
   * @param largest the first k are overwritten with the values
   * @throws IllegalArgumentException if a size does not fit
   */
  void topK(MemorySegment values, int count, int k, int[] indices, float[] largest);

  /**
   * Fully connected layer: {@code y[m][n] = sum_k x[m][k] * w[n][k] + bias[n]}.
   *
   * <p>Where the weights are integers each row of {@code x} is quantized as it runs, by
   * {@link io.picaflor.quantization.DynamicQuantization}; where they are floats the sum is a chain that starts at the
   * bias.
   *
   * @param x {@code rows * weights.columns} values; not modified
   * @param weights packed by this tier
   * @param bias {@code weights.rows} values, or {@code null} for none
   * @param y {@code rows * weights.rows} values; overwritten; must not overlap {@code x}
   * @throws IllegalArgumentException if a size does not fit or the weights are of another tier
   */
  void fullyConnected(
      MemorySegment x, int rows, PackedWeights weights, MemorySegment bias, MemorySegment y, Workers workers);

  /**
   * Product of two float matrices: {@code c[m][n] = sum_k a[m][k] * b'[k][n]}, where {@code b'} is {@code b} of
   * {@code inner x columns}, or, if {@code transposed}, the transpose of {@code b} of {@code columns x inner}.
   *
   * @param a {@code rows * inner} values
   * @param b {@code inner * columns} values
   * @param c {@code rows * columns} values; overwritten; must not overlap {@code a} or {@code b}
   * @throws IllegalArgumentException if a size does not fit
   */
  void matrixProduct(
      MemorySegment a, MemorySegment b, boolean transposed, int rows, int inner, int columns, MemorySegment c,
      Workers workers);
}
