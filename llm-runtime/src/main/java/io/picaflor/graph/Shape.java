package io.picaflor.graph;

import java.util.Arrays;

/** The static shape of a tensor: up to 8 sizes, outermost first; no sizes for a scalar. Immutable. */
public final class Shape {
  /** More dimensions than any graph of a language model has. */
  public static final int MAX_RANK = 8;

  private static final Shape SCALAR = new Shape(new int[0], 1);

  private final int[] sizes;
  private final long elements;

  private Shape(int[] sizes, long elements) {
    this.sizes = sizes;
    this.elements = elements;
  }

  /**
   * A shape of these sizes.
   *
   * @throws IllegalArgumentException if a size is negative, there are too many, or the number of elements passes 2^48
   */
  public static Shape of(int... sizes) {
    if (sizes.length == 0) {
      return SCALAR;
    }
    if (sizes.length > MAX_RANK) {
      throw new IllegalArgumentException("expected at most " + MAX_RANK + " dimensions, found " + sizes.length);
    }
    long elements = 1;
    for (int size : sizes) {
      if (size < 0) {
        throw new IllegalArgumentException("expected sizes of 0 or more, found " + Arrays.toString(sizes));
      }
      // No overflow: both factors are below 2^48 and 2^31, and the product is checked before the next one.
      elements = Math.multiplyHigh(elements, size) == 0 ? elements * size : Long.MAX_VALUE;
      if (elements < 0 || elements > 1L << 48) {
        throw new IllegalArgumentException("more elements than any memory holds: " + Arrays.toString(sizes));
      }
    }
    return new Shape(sizes.clone(), elements);
  }

  /** The number of dimensions. */
  public int rank() {
    return sizes.length;
  }

  /** The size of a dimension; negative dimensions count from the end, so {@code size(-1)} is the innermost. */
  public int size(int dimension) {
    return sizes[dimension < 0 ? dimension + sizes.length : dimension];
  }

  /** The product of all sizes; 1 for a scalar. */
  public long elements() {
    return elements;
  }

  /** A copy of the sizes. */
  public int[] sizes() {
    return sizes.clone();
  }

  /** Elements between neighbours in each dimension, for a dense row-major tensor. */
  public long[] strides() {
    long[] strides = new long[sizes.length];
    long stride = 1;
    for (int i = sizes.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= sizes[i];
    }
    return strides;
  }

  /** The product of all sizes but the innermost: how many rows a matrix of this shape has. */
  public long rows() {
    return sizes.length == 0 || size(-1) == 0 ? 1 : elements / size(-1);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(sizes, shape.sizes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(sizes);
  }

  @Override
  public String toString() {
    return Arrays.toString(sizes);
  }
}
