package io.picaflor.plan;

import io.picaflor.ModelFormatException;
import io.picaflor.graph.ElementType;
import io.picaflor.graph.Node;
import io.picaflor.graph.Op;
import io.picaflor.graph.Shape;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes a node for one token as forms: without dimensions of size 1, without views that only move those, and in one way
 * where graphs have several (a split is a slice, a stack of one value is its repetition).
 */
final class Canonical {
  private final FormGraph graph;

  /** An operand: its form, and the shape that the node sees it in. */
  record Operand(Form form, Shape shape) {}

  Canonical(FormGraph graph) {
    this.graph = graph;
  }

  /** Sizes without ones. */
  static List<Integer> squeezed(Shape shape) {
    List<Integer> sizes = new ArrayList<>();
    for (int size : shape.sizes()) {
      if (size != 1) {
        sizes.add(size);
      }
    }
    return sizes;
  }

  /** For each dimension of a shape its number among those that are not 1, or -1. */
  private static int[] places(Shape shape) {
    int[] places = new int[shape.rank()];
    int next = 0;
    for (int i = 0; i < places.length; i++) {
      places[i] = shape.size(i) == 1 ? -1 : next++;
    }
    return places;
  }

  /**
   * The forms of a node's results.
   *
   * @param inputs operands; absent ones are {@code null}
   * @param results the results' shapes for one token
   */
  List<Form> of(Node node, List<Operand> inputs, List<Shape> results, String where) throws NotPlannable {
    Shape result = results.getFirst();
    Form form = switch (node.op()) {
      case Op.Unary op -> elementwise(op, node, inputs, result);
      case Op.Binary op ->
          activated(elementwise(new Op.Binary(op.function(), Op.Activation.NONE), node, inputs, result),
              op.activation(), where);
      case Op.Compare op -> elementwise(op, node, inputs, result);
      case Op.Select op when !op.outermost() || inputs.get(0).shape.elements() == 1
          || inputs.get(0).shape.equals(result) -> elementwise(new Op.Select(false), node, inputs, result);
      case Op.Cast op -> elementwise(op, node, inputs, result);
      case Op.Dequantize op -> elementwise(op, node, inputs, result);
      case Op.Reshape _ -> graph.reshaped(inputs.get(0).form, squeezed(result));
      case Op.Transpose _ -> transpose(node, inputs.get(0), result);
      case Op.Slice _ -> slice(node, inputs.get(0), begin(node), result);
      case Op.StridedSlice _ -> stridedSlice(node, inputs, result);
      case Op.Concatenation op when op.activation() == Op.Activation.NONE -> join(node, inputs, op.axis(), result);
      case Op.Pack op -> join(node, inputs, op.axis(), result);
      case Op.BroadcastTo _ -> broadcast(node, inputs, result);
      case Op.Tile _ -> broadcast(node, inputs, result);
      case Op.Reduce op -> reduce(node, op, inputs.get(0), result);
      case Op.Softmax op when result.rank() > 0 && result.size(-1) != 1 ->
          made(new Kind.Softmax(op.beta()), List.of(inputs.get(0).form), node, result);
      case Op.FullyConnected op -> activated(linear(node, inputs, result, where), op.activation(), where);
      case Op.BatchMatmul op -> product(node, op, inputs, result);
      case Op.EmbeddingLookup _ -> made(new Kind.Lookup(), forms(inputs), node, result);
      case Op.Composite op -> scaledDotProduct(node, op, inputs, result, where);
      default -> null;
    };
    if (form != null) {
      return List.of(form);
    }
    if (node.op() instanceof Op.Split || node.op() instanceof Op.SplitV) {
      return split(node, inputs.get(node.op() instanceof Op.Split ? 1 : 0), results);
    }
    return others(node, inputs, results);
  }

  private Form made(Kind kind, List<Form> inputs, Node node, Shape result) {
    return graph.form(kind, inputs, node.output().type(), squeezed(result), computing(node),
        Optional.of(node.output()));
  }

  /** The node, if it computes its form and not an activation of it as well. */
  private static Optional<Node> computing(Node node) {
    boolean activates = node.op() instanceof Op.Binary binary && binary.activation() != Op.Activation.NONE
        || node.op() instanceof Op.FullyConnected layer && layer.activation() != Op.Activation.NONE;
    return activates ? Optional.empty() : Optional.of(node);
  }

  private static List<Form> forms(List<Operand> inputs) {
    return inputs.stream().filter(input -> input != null).map(Operand::form).toList();
  }

  private Form elementwise(Op op, Node node, List<Operand> inputs, Shape result) {
    int[] places = places(result);
    List<List<Integer>> dimensions = new ArrayList<>();
    for (Operand input : inputs) {
      List<Integer> of = new ArrayList<>();
      for (int i = 0; i < input.shape.rank(); i++) {
        if (input.shape.size(i) != 1) {
          of.add(places[i + result.rank() - input.shape.rank()]);
        }
      }
      dimensions.add(of);
    }
    return made(new Kind.Elementwise(op, dimensions), forms(inputs), node, result);
  }

  /** An activation that a node applies to its result; none of the two is a node by itself then. */
  private Form activated(Form form, Op.Activation activation, String where) throws NotPlannable {
    if (activation == Op.Activation.NONE) {
      return form;
    }
    Op.UnaryFunction function = switch (activation) {
      case RELU -> Op.UnaryFunction.RELU;
      case TANH -> Op.UnaryFunction.TANH;
      default -> throw new NotPlannable(where + ": the activation " + activation);
    };
    List<Integer> all = java.util.stream.IntStream.range(0, form.shape().size()).boxed().toList();
    return graph.form(new Kind.Elementwise(new Op.Unary(function), List.of(all)), List.of(form), form.type(),
        form.shape());
  }

  private Form transpose(Node node, Operand x, Shape result) throws NotPlannable {
    int[] places = places(x.shape);
    List<Integer> permutation = new ArrayList<>();
    for (int dimension : ConstantValues.ints(node.input(1))
        .orElseThrow(() -> new NotPlannable("a computed transpose"))) {
      if (places[dimension] >= 0) {
        permutation.add(places[dimension]);
      }
    }
    boolean moves = false;
    for (int i = 0; i < permutation.size(); i++) {
      moves |= permutation.get(i) != i;
    }
    return moves
        ? made(new Kind.Transpose(permutation), List.of(x.form), node, result)
        : graph.reshaped(x.form, squeezed(result));
  }

  private static int[] begin(Node node) throws NotPlannable {
    return ConstantValues.ints(node.input(1))
        .orElseThrow(() -> new NotPlannable("a slice that begins at a computed place"));
  }

  private Form slice(Node node, Operand x, int[] begin, Shape result) {
    List<Integer> from = new ArrayList<>();
    List<Integer> size = new ArrayList<>();
    for (int i = 0; i < begin.length; i++) {
      if (x.shape.size(i) != 1) {
        from.add(begin[i]);
        size.add(result.size(i));
      }
    }
    return size.equals(x.form.shape()) ? x.form : made(new Kind.Slice(from, size), List.of(x.form), node, result);
  }

  /** Cuts one token out of a dimension or keeps it whole; anything finer stays what it is. */
  private Form stridedSlice(Node node, List<Operand> inputs, Shape result) {
    Operand x = inputs.get(0);
    boolean inOrder = ConstantValues.ints(node.input(3)).filter(strides -> Arrays.stream(strides).allMatch(s -> s > 0))
        .isPresent();
    return inOrder && x.shape.elements() == result.elements() ? graph.reshaped(x.form, squeezed(result)) : null;
  }

  private List<Form> split(Node node, Operand x, List<Shape> results) {
    List<Form> parts = new ArrayList<>();
    int[] begin = new int[x.shape.rank()];
    for (int i = 0; i < results.size(); i++) {
      List<Integer> from = new ArrayList<>();
      List<Integer> size = new ArrayList<>();
      for (int d = 0; d < begin.length; d++) {
        if (x.shape.size(d) != 1) {
          from.add(begin[d]);
          size.add(results.get(i).size(d));
        }
      }
      parts.add(size.equals(x.form.shape())
          ? x.form
          : graph.form(new Kind.Slice(from, size), List.of(x.form), x.form.type(), squeezed(results.get(i)),
              Optional.of(node), Optional.of(node.outputs().get(i))));
      for (int d = 0; d < begin.length; d++) {
        begin[d] += results.get(i).size(d) != x.shape.size(d) ? results.get(i).size(d) : 0;
      }
    }
    return parts;
  }

  /** Joins operands, which in a stack have no size of their own along the dimension. */
  private Form join(Node node, List<Operand> inputs, int axis, Shape result) {
    List<Form> forms = forms(inputs);
    if (forms.size() == 1) {
      return graph.reshaped(forms.getFirst(), squeezed(result));
    }
    int dimension = Math.floorMod(axis, result.rank());
    int place = places(result)[dimension];
    boolean repeats = result.size(dimension) == forms.size()
        && forms.stream().allMatch(form -> form == forms.getFirst());
    if (repeats) {
      List<Integer> kept = new ArrayList<>();
      for (int i = 0; i < squeezed(result).size(); i++) {
        if (i != place) {
          kept.add(i);
        }
      }
      return graph.form(new Kind.Broadcast(kept), forms.subList(0, 1), node.output().type(), squeezed(result));
    }
    return made(new Kind.Concatenation(place), forms, node, result);
  }

  private Form broadcast(Node node, List<Operand> inputs, Shape result) {
    Operand x = inputs.getFirst();
    if (x.shape.elements() == result.elements()) {
      return graph.reshaped(x.form, squeezed(result));
    }
    int[] places = places(result);
    List<Integer> kept = new ArrayList<>();
    for (int i = 0; i < x.shape.rank(); i++) {
      int at = i + result.rank() - x.shape.rank();
      if (x.shape.size(i) != 1) {
        if (x.shape.size(i) != result.size(at)) {
          return null; // a tile of more than one value
        }
        kept.add(places[at]);
      }
    }
    return graph.form(new Kind.Broadcast(kept), List.of(x.form), node.output().type(), squeezed(result));
  }

  private Form reduce(Node node, Op.Reduce op, Operand x, Shape result) throws NotPlannable {
    int[] places = places(x.shape);
    List<Integer> reduced = new ArrayList<>();
    for (int dimension : ConstantValues.ints(node.input(1))
        .orElseThrow(() -> new NotPlannable("a computed reduction"))) {
      int place = places[Math.floorMod(dimension, places.length)];
      if (place >= 0) {
        reduced.add(place);
      }
    }
    Collections.sort(reduced);
    return reduced.isEmpty()
        ? graph.reshaped(x.form, squeezed(result))
        : made(new Kind.Reduce(op.function(), reduced), List.of(x.form), node, result);
  }

  private Form linear(Node node, List<Operand> inputs, Shape result, String where) throws NotPlannable {
    Operand x = inputs.get(0);
    int width = inputs.get(1).shape.size(-1);
    if (width == 1 || x.shape.elements() % width != 0) {
      throw new NotPlannable(where + ": a layer with " + width + " inputs");
    }
    if (!isConstant(inputs.get(1).form) && inputs.stream().filter(java.util.Objects::nonNull).count() == 2) {
      return product(node, new Op.BatchMatmul(false, true), inputs, result);
    }
    List<Integer> shape = new ArrayList<>();
    int rows = (int) (x.shape.elements() / width);
    if (x.form.width() == width) {
      shape.addAll(x.form.shape());
    } else {
      if (rows != 1) {
        shape.add(rows);
      }
      shape.add(width);
    }
    List<Form> operands = new ArrayList<>(forms(inputs));
    operands.set(0, graph.reshaped(x.form, shape));
    shape.removeLast();
    int outputs = (int) (result.elements() / rows);
    if (outputs != 1) {
      shape.add(outputs);
    }
    Form form = graph.form(new Kind.Linear(), operands, ElementType.FLOAT32, shape, computing(node),
        Optional.of(node.output()));
    return graph.reshaped(form, squeezed(result));
  }

  /** Whether a form is a constant, or one that is widened. */
  static boolean isConstant(Form form) {
    return form.kind() instanceof Kind.Constant
        || form.kind() instanceof Kind.Elementwise kind && kind.op() instanceof Op.Dequantize
            && form.input(0).kind() instanceof Kind.Constant;
  }

  private Form product(Node node, Op.BatchMatmul op, List<Operand> inputs, Shape result) {
    List<Integer> left = labels(inputs.get(0).shape, result, op.adjointLeft(), result.rank() - 2, true);
    List<Integer> right = labels(inputs.get(1).shape, result, op.adjointRight(), result.rank() - 1, false);
    List<Integer> out = new ArrayList<>();
    for (int i = 0; i < result.rank(); i++) {
      if (result.size(i) != 1) {
        out.add(i);
      }
    }
    Map<Integer, Integer> names = new HashMap<>();
    for (List<Integer> list : List.of(left, right, out)) {
      list.replaceAll(label -> names.computeIfAbsent(label, l -> names.size()));
    }
    return made(new Kind.Product(left, right, out), forms(inputs), node, result);
  }

  /** Labels of an operand's dimensions that are not 1: those of the result, and one for the sum. */
  private static List<Integer> labels(Shape shape, Shape result, boolean adjoint, int own, boolean isLeft) {
    int rank = shape.rank();
    List<Integer> labels = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      if (shape.size(i) == 1) {
        continue;
      }
      boolean inMatrix = i >= rank - 2;
      boolean outer = i == rank - 2 != adjoint; // rows of the left, inner of the right, as they are stored
      boolean isOwn = inMatrix && (isLeft ? outer : !outer);
      labels.add(!inMatrix ? i + result.rank() - rank : isOwn ? own : result.rank());
    }
    return labels;
  }

  private Form scaledDotProduct(Node node, Op.Composite op, List<Operand> inputs, Shape result, String where)
      throws NotPlannable {
    try {
      float scale = op.attributes().f32("scale", 0);
      return made(new Kind.ScaledDotProduct(scale == 0 ? (float) (1 / Math.sqrt(result.size(-1))) : scale,
          op.attributes().f32("logit_cap", 0)), forms(inputs), node, result);
    } catch (ModelFormatException e) {
      throw new NotPlannable(where + ": " + e.getMessage());
    }
  }

  private List<Form> others(Node node, List<Operand> inputs, List<Shape> results) {
    List<List<Integer>> parameters = new ArrayList<>();
    for (Operand input : inputs) {
      List<Integer> sizes = new ArrayList<>();
      if (input != null) {
        for (int size : input.shape.sizes()) {
          sizes.add(size);
        }
      }
      parameters.add(sizes);
    }
    List<Form> forms = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      forms.add(graph.form(new Kind.Other(node.op(), parameters, i), forms(inputs), node.outputs().get(i).type(),
          squeezed(results.get(i)), Optional.of(node), Optional.of(node.outputs().get(i))));
    }
    return forms;
  }
}
