package io.picaflor.plan;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Node;
import io.picaflor.graph.Op;
import io.picaflor.graph.OperandRole;
import io.picaflor.graph.Quantization;
import io.picaflor.graph.Shape;
import io.picaflor.graph.Signature;
import io.picaflor.graph.Subgraph;
import io.picaflor.graph.Tensor;
import io.picaflor.testfiles.Packed;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A small signature for some number of tokens, written node by node as graph records, and lifted to forms. Checks nothing, so
 * shapes must be right.
 *
 * <p>Operands whose names begin with {@code kv} are states; {@code input_pos} and {@code tokens} are what they are called; all
 * others are any values of a token.
 */
final class Sketch {
  private final int tokens;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<String, Tensor> inputs = new LinkedHashMap<>();
  private final Map<String, Integer> tokenDimensions = new HashMap<>();
  private final Map<String, Tensor> outputs = new LinkedHashMap<>();
  private int tensors;

  Sketch(int tokens) {
    this.tokens = tokens;
  }

  private Tensor tensor(ElementType type, int[] shape, Optional<byte[]> data) {
    int index = tensors++;
    return new Tensor(index, "t" + index, type, Shape.of(shape), new Quantization.None(), 0,
        data.map(MemorySegment::ofArray));
  }

  /** An operand with a row for each token along a dimension, or with none if that is -1. */
  Tensor input(String name, ElementType type, int tokenDimension, int... shape) {
    Tensor tensor = tensor(type, shape, Optional.empty());
    inputs.put(name, tensor);
    tokenDimensions.put(name, tokenDimension);
    return tensor;
  }

  /** Floats with a row for each token along a dimension. */
  Tensor floats(String name, int tokenDimension, int... shape) {
    return input(name, ElementType.FLOAT32, tokenDimension, shape);
  }

  /** The positions of the tokens. */
  Tensor positions() {
    Tensor known = inputs.get("input_pos");
    return known != null ? known : input("input_pos", ElementType.INT32, 0, tokens);
  }

  /** A state of the session. */
  Tensor state(String name, int... shape) {
    return input(name, ElementType.FLOAT32, -1, shape);
  }

  Tensor constant(int[] shape, float... values) {
    return tensor(ElementType.FLOAT32, shape, Optional.of(Packed.floats(values)));
  }

  Tensor number(float value) {
    return constant(new int[0], value);
  }

  Tensor vector(int... values) {
    return tensor(ElementType.INT32, new int[] {values.length}, Optional.of(Packed.ints(values)));
  }

  Tensor ints(int[] shape, int... values) {
    return tensor(ElementType.INT32, shape, Optional.of(Packed.ints(values)));
  }

  /** A matrix of random floats. */
  Tensor matrix(int rows, int columns, long seed) {
    float[] values = new float[rows * columns];
    var random = new java.util.Random(seed);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return constant(new int[] {rows, columns}, values);
  }

  /** A node with one result; absent operands are {@code null}. */
  Tensor op(Op op, ElementType type, int[] shape, Tensor... operands) {
    return ops(op, type, List.of(shape), operands).getFirst();
  }

  /** A node with results of several shapes. */
  List<Tensor> ops(Op op, ElementType type, List<int[]> shapes, Tensor... operands) {
    List<Tensor> results = shapes.stream().map(shape -> tensor(type, shape, Optional.empty())).toList();
    nodes.add(new Node(nodes.size(), op, Arrays.stream(operands).map(Optional::ofNullable).toList(), results));
    return results;
  }

  /** A node of floats. */
  Tensor op(Op op, int[] shape, Tensor... operands) {
    return op(op, ElementType.FLOAT32, shape, operands);
  }

  Tensor reshape(Tensor x, int... shape) {
    return op(new Op.Reshape(), x.type(), shape, x);
  }

  Tensor unary(Op.UnaryFunction function, Tensor x) {
    return op(new Op.Unary(function), x.type(), x.shape().sizes(), x);
  }

  /** A function of two tensors, broadcast. */
  Tensor binary(Op.BinaryFunction function, Tensor a, Tensor b) {
    return op(new Op.Binary(function, Op.Activation.NONE), a.type(), broadcast(a, b), a, b);
  }

  Tensor compare(Op.Comparison comparison, Tensor a, Tensor b) {
    return op(new Op.Compare(comparison), ElementType.BOOL, broadcast(a, b), a, b);
  }

  Tensor select(Tensor condition, Tensor yes, Tensor no) {
    int[] shape = broadcast(condition, tensor(yes.type(), broadcast(yes, no), Optional.empty()));
    return op(new Op.Select(false), yes.type(), shape, condition, yes, no);
  }

  Tensor cast(Tensor x, ElementType type) {
    return op(new Op.Cast(), type, x.shape().sizes(), x);
  }

  Tensor slice(Tensor x, int[] begin, int... size) {
    return op(new Op.Slice(), x.type(), size, x, vector(begin), vector(size));
  }

  Tensor transpose(Tensor x, int... permutation) {
    int[] shape = Arrays.stream(permutation).map(x.shape()::size).toArray();
    return op(new Op.Transpose(), x.type(), shape, x, vector(permutation));
  }

  Tensor join(int dimension, Tensor... parts) {
    int[] shape = parts[0].shape().sizes();
    shape[dimension] = Arrays.stream(parts).mapToInt(part -> part.shape().size(dimension)).sum();
    return op(new Op.Concatenation(dimension, Op.Activation.NONE), parts[0].type(), shape, parts);
  }

  /** A reduction of the innermost dimension, which stays with size 1. */
  Tensor reduce(Op.Reduction function, Tensor x) {
    int[] shape = x.shape().sizes();
    shape[shape.length - 1] = 1;
    return op(new Op.Reduce(function, true), shape, x, vector(shape.length - 1));
  }

  Tensor linear(Tensor x, Tensor weights) {
    int[] shape = x.shape().sizes();
    shape[shape.length - 1] = weights.shape().size(0);
    return op(new Op.FullyConnected(Op.Activation.NONE), shape, x, weights, null);
  }

  private static int[] broadcast(Tensor a, Tensor b) {
    int rank = Math.max(a.shape().rank(), b.shape().rank());
    int[] shape = new int[rank];
    for (int i = 0; i < rank; i++) {
      int left = i - rank + a.shape().rank();
      int right = i - rank + b.shape().rank();
      shape[i] = Math.max(left < 0 ? 1 : a.shape().size(left), right < 0 ? 1 : b.shape().size(right));
    }
    return shape;
  }

  /** Names a result. */
  Sketch output(String name, Tensor tensor) {
    outputs.put(name, tensor);
    return this;
  }

  /** The signature so far. */
  Signature signature() {
    Subgraph body = new Subgraph(0, "sketch", List.copyOf(inputs.values()), List.copyOf(outputs.values()), nodes);
    return new Signature("sketch_" + tokens, body, inputs, outputs);
  }

  /** What all named results are, for one token. */
  Map<String, Form> lift(FormGraph graph) throws NotPlannable {
    return Lifting.lift(
        graph, signature(), tokens, false, outputs.keySet(), (name, tensor) -> lifted(graph, name, tensor));
  }

  /** What one tensor is, for one token. */
  Form lift(FormGraph graph, Tensor tensor) throws NotPlannable {
    return output("result", tensor).lift(graph).get("result");
  }

  private Lifted lifted(FormGraph graph, String name, Tensor tensor) {
    int dimension = tokenDimensions.get(name);
    Optional<TokenAxis> axis = tokens == 1 || dimension < 0 ? Optional.empty() : Optional.of(TokenAxis.of(dimension));
    OperandRole role = OperandRole.of(name).orElse(OperandRole.EMBEDDINGS);
    Kind kind = name.startsWith("kv") ? new Kind.State(name) : new Kind.Operand(role, name);
    Lifted whole = new Lifted(null, tensor.shape(), axis, false);
    Form form = graph.form(kind, List.of(), tensor.type(), Canonical.squeezed(whole.ofOneToken()));
    return new Lifted(form, tensor.shape(), axis, false);
  }
}
