package io.picaflor.kernels;

import io.picaflor.quantization.WeightMatrix;

/**
 * A weight matrix in the form that one tier of kernels reads, made by {@link Kernels#pack} and given back to the same
 * tier.
 *
 * <p>Immutable and safe for many threads. It borrows the source's memory and must not be used after that is closed.
 */
public interface PackedWeights {
  /** The matrix as the file stores it. */
  WeightMatrix source();
}
