package io.picaflor.plan;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Node;
import io.picaflor.graph.Tensor;

import java.util.List;
import java.util.Optional;

/**
 * What is computed of one token: an operation on other forms, free of views and of the number of tokens. Immutable.
 *
 * <p>Equal forms of one {@link FormGraph} are the same object, whatever signature they were lifted from. The shape has no
 * dimensions of size 1: what a graph calls [1, 4, 1, 256] is [4, 256] here. Values lie row-major.
 */
final class Form {
  private final int id;
  private final Kind kind;
  private final List<Form> inputs;
  private final ElementType type;
  private final List<Integer> shape;
  private final Optional<Node> node;
  private final Optional<Tensor> tensor;

  Form(
      int id, Kind kind, List<Form> inputs, ElementType type, List<Integer> shape, Optional<Node> node,
      Optional<Tensor> tensor) {
    this.id = id;
    this.kind = kind;
    this.inputs = List.copyOf(inputs);
    this.type = type;
    this.shape = List.copyOf(shape);
    this.node = node;
    this.tensor = tensor;
  }

  /** Numbers forms in the order in which they were made: inputs before what is computed of them. */
  int id() {
    return id;
  }

  Kind kind() {
    return kind;
  }

  List<Form> inputs() {
    return inputs;
  }

  Form input(int i) {
    return inputs.get(i);
  }

  ElementType type() {
    return type;
  }

  /** Sizes without those that are 1, outermost first. */
  List<Integer> shape() {
    return shape;
  }

  /** The number of values for one token. */
  int elements() {
    int elements = 1;
    for (int size : shape) {
      elements = Math.multiplyExact(elements, size);
    }
    return elements;
  }

  /** The innermost size; 1 for a single value. */
  int width() {
    return shape.isEmpty() ? 1 : shape.getLast();
  }

  /** The operation of the graph for one token that computes it, if it is one. */
  Optional<Node> node() {
    return node;
  }

  /** The result of {@link #node} that it is, or the constant. */
  Optional<Tensor> tensor() {
    return tensor;
  }

  /** The value of a constant that is a single float. */
  Optional<Float> number() {
    return kind instanceof Kind.Constant && shape.isEmpty() && type == ElementType.FLOAT32
        ? Optional.of(ConstantValues.floats(tensor.orElseThrow())[0])
        : Optional.empty();
  }

  @Override
  public String toString() {
    return kind.label() + shape;
  }
}
