package io.picaflor.reference;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Shape;
import io.picaflor.graph.Tensor;
import java.util.Optional;

/** An operand or result of a step: dense, row-major, in native byte order, at the start of its storage. */
record Value(ElementType type, Shape shape, Storage storage) {
  int slot() {
    return storage.slot();
  }

  long elements() {
    return shape.elements();
  }

  /** Bytes of one element; types of less than a byte never reach a step. */
  int width() {
    return type.bits() / 8;
  }

  /** The constant of the file that it is, whatever type it is seen as. */
  Optional<Tensor> constant() {
    return storage.origin() instanceof Storage.Origin.Constant constant
        ? Optional.of(constant.tensor())
        : Optional.empty();
  }

  @Override
  public String toString() {
    return type.name().toLowerCase(java.util.Locale.ROOT) + shape;
  }
}
