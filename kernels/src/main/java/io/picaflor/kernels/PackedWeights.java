package io.picaflor.kernels;

/**
 * The weights of a linear operator in the form that one tier of kernels reads, made by {@link Kernels#bind} and given back to the same
 * tier.
 *
 * <p>Immutable and safe for many threads. It borrows the source's memory and must not be used after that is closed.
 */
public interface PackedWeights {
  /** The weights as the file stores them. */
  PackedSource source();
}
