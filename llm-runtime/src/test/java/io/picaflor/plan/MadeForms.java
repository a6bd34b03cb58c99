package io.picaflor.plan;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Node;
import io.picaflor.graph.Op;
import io.picaflor.graph.OperandRole;
import io.picaflor.graph.Quantization;
import io.picaflor.graph.Shape;
import io.picaflor.graph.Tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Forms that tests put together, all of one graph. */
final class MadeForms {
  final FormGraph graph = new FormGraph();

  /** Values that a session gives in. */
  Form operand(String name, Integer... shape) {
    return graph.form(new Kind.Operand(OperandRole.EMBEDDINGS, name), List.of(), ElementType.FLOAT32, List.of(shape));
  }

  Form constant(int[] shape, float... values) {
    return constant(tensor(shape, values));
  }

  Form constant(Tensor tensor) {
    return graph.form(new Kind.Constant(ConstantValues.identity(tensor)), List.of(), tensor.type(),
        Canonical.squeezed(tensor.shape()), Optional.empty(), Optional.of(tensor));
  }

  Form number(float value) {
    return constant(new int[0], value);
  }

  static Tensor tensor(int[] shape, float... values) {
    MemorySegment data = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, values);
    return new Tensor(0, "t", ElementType.FLOAT32, Shape.of(shape), new Quantization.None(), 0, Optional.of(data));
  }

  static Tensor tensor(int[] shape, ElementType type, MemorySegment data) {
    return new Tensor(0, "t", type, Shape.of(shape), new Quantization.None(), 0, Optional.of(data));
  }

  static Tensor ints(int... values) {
    return tensor(new int[] {values.length}, ElementType.INT32,
        Arena.ofAuto().allocateFrom(ValueLayout.JAVA_INT, values));
  }

  /** A node that reads the values in some slots and writes another; a constant stands in its operands as well. */
  static FlatNode node(Op op, int output, Tensor result, Map<Integer, Tensor> inputs) {
    Node node = new Node(7, op, inputs.values().stream().map(Optional::of).toList(), List.of(result));
    return new FlatNode(node, "signature s, operator 7", List.copyOf(inputs.keySet()), List.of(output));
  }

  /** A tensor that is no constant. */
  static Tensor variable(ElementType type, int... shape) {
    return new Tensor(0, "t", type, Shape.of(shape), new Quantization.None(), 0, Optional.empty());
  }

  /** A function of values of which the smaller ones stand along the innermost dimensions. */
  Form elementwise(Op op, Form... inputs) {
    List<Integer> shape = Arrays.stream(inputs).map(Form::shape)
        .max(java.util.Comparator.comparingInt(List::size)).orElseThrow();
    List<List<Integer>> dimensions = new ArrayList<>();
    for (Form input : inputs) {
      dimensions.add(IntStream.range(shape.size() - input.shape().size(), shape.size()).boxed().toList());
    }
    return graph.form(new Kind.Elementwise(op, dimensions), List.of(inputs), inputs[0].type(), shape);
  }

  Form binary(Op.BinaryFunction function, Form a, Form b) {
    return elementwise(new Op.Binary(function, Op.Activation.NONE), a, b);
  }

  Form transpose(Form form, Integer... permutation) {
    List<Integer> shape = Arrays.stream(permutation).map(i -> form.shape().get(i)).toList();
    return graph.form(new Kind.Transpose(List.of(permutation)), List.of(form), form.type(), shape);
  }

  Form product(List<Integer> left, List<Integer> right, List<Integer> result, Form a, Form b, Integer... shape) {
    return graph.form(new Kind.Product(left, right, result), List.of(a, b), a.type(), List.of(shape));
  }
}
