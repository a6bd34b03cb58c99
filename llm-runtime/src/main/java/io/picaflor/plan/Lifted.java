package io.picaflor.plan;

import io.picaflor.graph.Shape;

import java.util.Optional;

/**
 * A tensor of a signature with the form that it is for one token.
 *
 * @param shape as the signature has it
 * @param axis where the tokens run; empty if it has no such dimension
 * @param first whether it is the value of the first token of the call only
 */
record Lifted(Form form, Shape shape, Optional<TokenAxis> axis, boolean first) {
  /** The shape that it would have for one token. */
  Shape ofOneToken() {
    if (axis.isEmpty()) {
      return shape;
    }
    int[] sizes = shape.sizes();
    sizes[axis.get().dimension()] = axis.get().rest();
    return Shape.of(sizes);
  }
}
