package io.picaflor.graph;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A tensor of one subgraph: type, shape and, if it is a constant, its data.
 *
 * @param index its number in the subgraph
 * @param name its name in the file; for messages only
 * @param buffer the file's buffer that holds the data, which tensors of several signatures share; 0 for none
 * @param data the constant's bytes, exactly as many as type and shape need, little-endian and possibly unaligned
 */
public record Tensor(
    int index, String name, ElementType type, Shape shape, Quantization quantization, int buffer,
    Optional<MemorySegment> data) {

  /** Whether the tensor's values stand in the file. */
  public boolean isConstant() {
    return data.isPresent();
  }

  /** Bytes that the tensor's values take. */
  public long bytes() {
    return type.bytes(shape.elements());
  }

  /** For messages: {@code t12 float32[1, 4, 256]}. */
  public String describe() {
    return "t" + index + " " + type.name().toLowerCase(java.util.Locale.ROOT) + shape;
  }
}
