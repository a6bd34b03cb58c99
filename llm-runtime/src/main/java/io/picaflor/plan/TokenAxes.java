package io.picaflor.plan;

import io.picaflor.graph.Node;
import io.picaflor.graph.Op;
import io.picaflor.graph.Shape;

import java.util.List;
import java.util.Optional;

/**
 * Follows the tokens through the operations of a signature: where they run in a result, or that an operation mixes tokens
 * and so is not a function of one.
 */
final class TokenAxes {
  private final int tokens;

  /** @param tokens how many the signature takes, more than 1 */
  TokenAxes(int tokens) {
    this.tokens = tokens;
  }

  /**
   * Where the tokens run in the first result of a node; the other results are alike.
   *
   * @param inputs operands; those that are absent are {@code null}
   * @throws NotPlannable if values of different tokens meet
   */
  Optional<TokenAxis> of(Node node, List<Lifted> inputs, String where) throws NotPlannable {
    if (inputs.stream().allMatch(input -> input == null || input.axis().isEmpty())) {
      return Optional.empty();
    }
    Shape result = node.output().shape();
    Optional<TokenAxis> axis = switch (node.op()) {
      case Op.Unary _ -> same(inputs.get(0));
      case Op.Cast _ -> same(inputs.get(0));
      case Op.Quantize _ -> same(inputs.get(0));
      case Op.Dequantize _ -> same(inputs.get(0));
      case Op.Binary _ -> aligned(inputs, result);
      case Op.Compare _ -> aligned(inputs, result);
      case Op.Select op -> aligned(op.outermost() ? spread(inputs, result) : inputs, result);
      case Op.BroadcastTo _ -> aligned(inputs.subList(0, 1), result);
      case Op.Tile _ -> aligned(inputs.subList(0, 1), result);
      case Op.Reshape _ -> reshaped(inputs.get(0), result);
      case Op.Transpose _ -> transposed(node, inputs.get(0));
      case Op.Slice _ -> kept(inputs.get(0), result);
      case Op.Pad _ -> kept(inputs.get(0), result);
      case Op.Cumsum _ -> notAlong(inputs.get(0), node, 1);
      case Op.Reduce op -> reduced(node, op, inputs.get(0));
      case Op.Softmax _ -> notInnermost(inputs.get(0));
      case Op.TopK _ -> notInnermost(inputs.get(0));
      case Op.Concatenation op -> joined(inputs, op.axis());
      case Op.FullyConnected _ -> linear(inputs, result);
      case Op.BatchMatmul op -> product(inputs, op, result);
      case Op.EmbeddingLookup _ -> same(inputs.get(0));
      case Op.Gather op -> gathered(inputs, op);
      case Op.GatherNd _ -> inputs.get(0).axis().isPresent() ? Optional.empty() : notInnermost(inputs.get(1));
      case Op.OneHot op -> op.axis() == -1 || op.axis() == result.rank() - 1 ? same(inputs.get(0)) : Optional.empty();
      case Op.Split _ -> kept(inputs.get(1), result);
      case Op.SplitV _ -> kept(inputs.get(0), result);
      case Op.Pack op -> stacked(inputs, op.axis(), result);
      case Op.Custom _ -> alike(inputs, result);
      case Op.Composite _ -> attended(inputs, result);
      case Op.StridedSlice _ -> inOrder(node, inputs.get(0), result);
      case Op.Unpack _ -> Optional.empty();
      case Op.ArgMax _ -> Optional.empty();
      case Op.DepthwiseConv2d _ -> Optional.empty();
      case Op.DynamicUpdateSlice _ -> Optional.empty();
    };
    if (axis.isEmpty()) {
      throw new NotPlannable(where + ": values of different tokens meet, in " + inputs.stream()
          .map(input -> input == null ? "none" : input.shape() + " " + input.axis()).toList() + " to " + result);
    }
    TokenAxis found = axis.get();
    if (found.dimension() >= result.rank() || result.size(found.dimension()) != found.rest() * tokens) {
      throw new NotPlannable(where + ": lost the tokens' dimension");
    }
    return axis;
  }

  private static Optional<TokenAxis> same(Lifted x) {
    return x.axis();
  }

  /** Operands with tokens have them at the same place, counted from the innermost; others do not vary there. */
  private static Optional<TokenAxis> aligned(List<Lifted> inputs, Shape result) {
    Optional<TokenAxis> found = Optional.empty();
    for (Lifted input : inputs) {
      if (input == null || input.axis().isEmpty()) {
        continue;
      }
      TokenAxis axis = input.axis().get();
      TokenAxis moved =
          new TokenAxis(axis.dimension() + result.rank() - input.shape().rank(), axis.before(), axis.after());
      if (found.isPresent() && !found.get().equals(moved)) {
        return Optional.empty();
      }
      found = Optional.of(moved);
    }
    for (Lifted input : inputs) {
      if (input != null && input.axis().isEmpty() && found.isPresent()) {
        int dimension = found.get().dimension() - result.rank() + input.shape().rank();
        if (dimension >= 0 && input.shape().size(dimension) != 1) {
          return Optional.empty();
        }
      }
    }
    return found;
  }

  /** A condition of rank 1 runs along the outermost dimension of what it chooses between. */
  private static List<Lifted> spread(List<Lifted> inputs, Shape result) {
    Lifted condition = inputs.getFirst();
    if (condition.shape().rank() != 1 || result.rank() <= 1 || condition.shape().size(0) == 1) {
      return inputs;
    }
    int[] sizes = new int[result.rank()];
    java.util.Arrays.fill(sizes, 1);
    sizes[0] = condition.shape().size(0);
    Lifted wide = new Lifted(condition.form(), Shape.of(sizes), condition.axis(), condition.first());
    return List.of(wide, inputs.get(1), inputs.get(2));
  }

  /** The sizes before and behind the tokens are cut anew; the tokens stay whole. */
  private Optional<TokenAxis> reshaped(Lifted x, Shape result) {
    TokenAxis axis = x.axis().orElseThrow();
    long before = axis.before();
    for (int i = 0; i < axis.dimension(); i++) {
      before *= x.shape().size(i);
    }
    for (int i = 0; i < result.rank(); i++) {
      int size = result.size(i);
      if (before > 1 && size > 0 && before % size == 0 || size == 1) {
        before /= size;
      } else if (size > 0 && size % (before * tokens) == 0) {
        return Optional.of(new TokenAxis(i, (int) before, (int) (size / (before * tokens))));
      } else {
        return Optional.empty();
      }
    }
    return Optional.empty();
  }

  private static Optional<TokenAxis> transposed(Node node, Lifted x) {
    TokenAxis axis = x.axis().orElseThrow();
    int[] permutation = ConstantValues.ints(node.input(1)).orElse(new int[0]);
    for (int i = 0; i < permutation.length; i++) {
      if (permutation[i] == axis.dimension()) {
        return Optional.of(new TokenAxis(i, axis.before(), axis.after()));
      }
    }
    return Optional.empty();
  }

  /** All of the tokens are there, at the same place. */
  private static Optional<TokenAxis> kept(Lifted x, Shape result) {
    return x.axis().filter(axis -> axis.dimension() < result.rank()
        && result.rank() == x.shape().rank() && result.size(axis.dimension()) == x.shape().size(axis.dimension()));
  }

  /** All of the tokens are there, none is left out and they are not turned round. */
  private static Optional<TokenAxis> inOrder(Node node, Lifted x, Shape result) {
    int[] strides = ConstantValues.ints(node.input(3)).orElse(new int[0]);
    return kept(x, result).filter(axis -> strides.length == result.rank() && strides[axis.dimension()] == 1);
  }

  private static Optional<TokenAxis> notAlong(Lifted x, Node node, int parameter) {
    int[] dimension = ConstantValues.ints(node.input(parameter)).orElse(new int[0]);
    return x.axis().filter(axis -> dimension.length == 1
        && Math.floorMod(dimension[0], x.shape().rank()) != axis.dimension());
  }

  private static Optional<TokenAxis> notInnermost(Lifted x) {
    return x.axis().filter(axis -> axis.dimension() < x.shape().rank() - 1);
  }

  private static Optional<TokenAxis> reduced(Node node, Op.Reduce op, Lifted x) {
    TokenAxis axis = x.axis().orElseThrow();
    int dropped = 0;
    for (int dimension : ConstantValues.ints(node.input(1)).orElse(new int[0])) {
      int reduced = Math.floorMod(dimension, x.shape().rank());
      if (reduced == axis.dimension()) {
        return Optional.empty();
      }
      dropped += reduced < axis.dimension() && !op.keepDimensions() ? 1 : 0;
    }
    return Optional.of(new TokenAxis(axis.dimension() - dropped, axis.before(), axis.after()));
  }

  /** Along another dimension; or along the tokens' own, where each operand has them innermost in it. */
  private static Optional<TokenAxis> joined(List<Lifted> inputs, int dimension) {
    int before = 0;
    Optional<TokenAxis> first = inputs.getFirst().axis();
    for (Lifted input : inputs) {
      if (input.axis().isEmpty() || first.isEmpty()
          || input.axis().get().dimension() != first.get().dimension()) {
        return Optional.empty();
      }
      before += input.axis().get().before();
    }
    TokenAxis axis = first.get();
    if (axis.dimension() != Math.floorMod(dimension, inputs.getFirst().shape().rank())) {
      return inputs.stream().allMatch(input -> input.axis().equals(first)) ? first : Optional.empty();
    }
    boolean innermost = inputs.stream().allMatch(input -> input.axis().get().after() == 1);
    return innermost ? Optional.of(new TokenAxis(axis.dimension(), before, 1)) : Optional.empty();
  }

  private Optional<TokenAxis> linear(List<Lifted> inputs, Shape result) {
    Lifted x = inputs.getFirst();
    boolean weighsTokens = inputs.stream().skip(1).anyMatch(input -> input != null && input.axis().isPresent());
    if (weighsTokens || x.axis().isEmpty() || x.axis().get().dimension() == x.shape().rank() - 1) {
      return Optional.empty();
    }
    int[] sizes = x.shape().sizes();
    sizes[sizes.length - 1] = result.size(-1);
    return reshaped(new Lifted(x.form(), Shape.of(sizes), x.axis(), x.first()), result);
  }

  /** Rows of the left operand, or matrices that the right one is the same for. */
  private static Optional<TokenAxis> product(List<Lifted> inputs, Op.BatchMatmul op, Shape result) {
    Lifted left = inputs.get(0);
    Lifted right = inputs.get(1);
    if (right.axis().isPresent()) { // a product for each token by itself
      boolean both = left.axis().isPresent() && left.axis().get().dimension() < left.shape().rank() - 2
          && right.axis().get().dimension() < right.shape().rank() - 2;
      return both ? aligned(inputs, result) : Optional.empty();
    }
    TokenAxis axis = left.axis().orElseThrow();
    int rank = left.shape().rank();
    int rows = op.adjointLeft() ? rank - 1 : rank - 2;
    if (axis.dimension() == rows) {
      return Optional.of(new TokenAxis(result.rank() - 2, axis.before(), axis.after()));
    }
    return axis.dimension() < rank - 2 ? aligned(List.of(left, right), result) : Optional.empty();
  }

  private static Optional<TokenAxis> gathered(List<Lifted> inputs, Op.Gather op) {
    Lifted x = inputs.get(0);
    Lifted ids = inputs.get(1);
    if (x.axis().isPresent() || op.batchDimensions() != 0) {
      return Optional.empty();
    }
    int dimension = Math.floorMod(op.axis(), x.shape().rank());
    return ids.axis().map(axis -> new TokenAxis(axis.dimension() + dimension, axis.before(), axis.after()));
  }

  private static Optional<TokenAxis> stacked(List<Lifted> inputs, int dimension, Shape result) {
    Optional<TokenAxis> first = inputs.getFirst().axis();
    boolean same = first.isPresent() && inputs.stream().allMatch(input -> input.axis().equals(first));
    int at = Math.floorMod(dimension, result.rank());
    return same
        ? first.map(
            axis -> new TokenAxis(axis.dimension() + (at <= axis.dimension() ? 1 : 0), axis.before(), axis.after()))
        : Optional.empty();
  }

  /** Attention: a row of the result for each of the queries; keys and values are those of all positions. */
  private static Optional<TokenAxis> attended(List<Lifted> inputs, Shape result) {
    boolean isStored = inputs.size() > 2 && inputs.get(1).axis().isEmpty() && inputs.get(2).axis().isEmpty();
    return isStored ? alike(inputs, result) : Optional.empty();
  }

  /** Operations that are defined row by row: the result has its rows where the first operand has them. */
  private static Optional<TokenAxis> alike(List<Lifted> inputs, Shape result) {
    return inputs.getFirst().axis().filter(axis -> axis.isPure() && axis.dimension() < result.rank());
  }
}
