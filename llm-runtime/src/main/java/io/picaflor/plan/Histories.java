package io.picaflor.plan;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Node;
import io.picaflor.graph.Op;
import io.picaflor.graph.Quantization;
import io.picaflor.graph.Shape;
import io.picaflor.graph.Tensor;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Follows a running state with the rows of a call's tokens behind it: {@code [H rows of tokens before | T rows]}, of which a
 * short convolution reads {@code H + 1} for each token, and the last {@code H} are the state after the call.
 *
 * <p>For one token this is its {@link Kind.Window}. A history may be turned, convolved, and cut behind its last row; any other
 * use mixes tokens in a way that we do not know.
 */
final class Histories {
  private final FormGraph graph;
  private final int tokens;
  private final Map<Integer, History> bySlot = new HashMap<>();

  /**
   * A history of channels.
   *
   * @param window the form for one token, [channels, H + 1]
   * @param shape as the graph has it; all sizes but those of time and channels are 1
   */
  private record History(Form window, Shape shape, int time, int channels) {
    int before() {
      return window.width() - 1;
    }
  }

  /** @param tokens how many the signature takes, more than 1 */
  Histories(FormGraph graph, int tokens) {
    this.graph = graph;
    this.tokens = tokens;
  }

  /** Whether a value is a history, which only {@link #read} may read. */
  boolean has(int slot) {
    return bySlot.containsKey(slot);
  }

  /** Takes a node that puts the tokens' rows behind a state; returns whether it is one. */
  boolean begins(FlatNode flat, List<Lifted> inputs) {
    boolean joins = flat.node().op() instanceof Op.Concatenation op && op.activation() == Op.Activation.NONE
        && inputs.size() == 2 && inputs.getFirst().form().kind() instanceof Kind.State;
    if (!joins) {
      return false;
    }
    Lifted state = inputs.get(0);
    Lifted rows = inputs.get(1);
    Shape shape = flat.node().output().shape();
    int time = Math.floorMod(((Op.Concatenation) flat.node().op()).axis(), shape.rank());
    List<Integer> sizes = state.form().shape();
    boolean fits = rows.axis().equals(Optional.of(TokenAxis.of(time))) && sizes.size() == 2
        && sizes.getLast() == state.shape().size(time) && innermost(state.shape(), time)
        && rows.form().shape().equals(sizes.subList(0, 1)) && rows.form().type() == state.form().type();
    if (!fits) {
      return false;
    }
    Form window = graph.form(new Kind.Window(1), List.of(state.form(), rows.form()), state.form().type(),
        List.of(sizes.get(0), sizes.get(1) + 1));
    bySlot.put(flat.outputs().getFirst(), new History(window, shape, time, dimension(shape, time)));
    return true;
  }

  private static boolean innermost(Shape shape, int dimension) {
    for (int i = dimension + 1; i < shape.rank(); i++) {
      if (shape.size(i) != 1) {
        return false;
      }
    }
    return true;
  }

  /** The dimension beside one that is not 1. */
  private static int dimension(Shape shape, int other) {
    int found = 0;
    for (int i = 0; i < shape.rank(); i++) {
      found = i != other && shape.size(i) != 1 ? i : found;
    }
    return found;
  }

  /**
   * What a node makes of the history that it reads first: another view of it, then empty; or a value for each token; or the
   * state after the last one.
   *
   * @param others the other operands; absent ones, and the first, are {@code null}
   * @throws NotPlannable if the node is no operation on histories that we know
   */
  Optional<Lifted> read(FlatNode flat, List<Lifted> others) throws NotPlannable {
    History x = bySlot.get(flat.inputs().getFirst());
    Node node = flat.node();
    History view = x == null ? null : switch (node.op()) {
      case Op.Reshape _ -> reshaped(x, node.output().shape());
      case Op.Transpose _ -> transposed(x, node);
      default -> null;
    };
    if (view != null) {
      bySlot.put(flat.outputs().getFirst(), view);
      return Optional.empty();
    }
    Optional<Lifted> value = x == null ? Optional.empty() : switch (node.op()) {
      case Op.DepthwiseConv2d op -> convolved(x, op, node, others);
      case Op.Gather op when isLast(x, op, others.get(1)) -> Optional.of(last(x, node));
      default -> Optional.empty();
    };
    return Optional.of(value.orElseThrow(() -> new NotPlannable(
        flat.where() + ": reads rows of tokens before in a way that is no short convolution")));
  }

  private static History reshaped(History x, Shape result) {
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < result.rank(); i++) {
      if (result.size(i) != 1) {
        places.add(i);
      }
    }
    boolean same = places.size() == 2 && Canonical.squeezed(result).equals(Canonical.squeezed(x.shape));
    int first = same ? places.get(0) : 0;
    int second = same ? places.get(1) : 0;
    boolean timeFirst = x.time < x.channels;
    return same ? new History(x.window, result, timeFirst ? first : second, timeFirst ? second : first) : null;
  }

  private static History transposed(History x, Node node) {
    int[] permutation = ConstantValues.ints(node.input(1)).orElse(new int[0]);
    int time = -1;
    int channels = -1;
    for (int i = 0; i < permutation.length; i++) {
      time = permutation[i] == x.time ? i : time;
      channels = permutation[i] == x.channels ? i : channels;
    }
    return time < 0 || channels < 0 ? null : new History(x.window, node.output().shape(), time, channels);
  }

  /** The convolution of each channel with taps of its own, over time; a bias must be zeros. */
  private Optional<Lifted> convolved(History x, Op.DepthwiseConv2d op, Node node, List<Lifted> others) {
    Form filter = others.get(1).form();
    Shape taps = others.get(1).shape();
    int channels = x.window.shape().getFirst();
    Shape result = node.output().shape();
    boolean plain =
        op.strideWidth() == 1 && op.strideHeight() == 1 && op.dilationWidth() == 1 && op.dilationHeight() == 1
            && op.activation() == Op.Activation.NONE && x.time == 2 && x.channels == 3
            && result.equals(Shape.of(1, 1, tokens, channels)) && taps.equals(Shape.of(1, 1, x.before() + 1, channels));
    boolean known = filter.kind() instanceof Kind.Constant && filter.type() == ElementType.FLOAT32
        && (others.size() < 3 || others.get(2) == null || isZeros(others.get(2).form()));
    if (!plain || !known) {
      return Optional.empty();
    }
    Form weights = turned(filter.tensor().orElseThrow(), x.before() + 1, channels);
    Form form = graph.form(new Kind.ShortConvolution(), List.of(x.window, weights), ElementType.FLOAT32,
        List.of(channels));
    return Optional.of(new Lifted(form, result, Optional.of(TokenAxis.of(2)), false));
  }

  private static boolean isZeros(Form form) {
    if (!(form.kind() instanceof Kind.Constant) || form.type() != ElementType.FLOAT32) {
      return false;
    }
    for (float value : ConstantValues.floats(form.tensor().orElseThrow())) {
      if (value != 0) {
        return false;
      }
    }
    return true;
  }

  /** {@code [taps, channels]} as {@code [channels, taps]}, the way in which signatures for one token have it. */
  private Form turned(Tensor tensor, int taps, int channels) {
    float[] values = ConstantValues.floats(tensor);
    MemorySegment data = MemorySegment.ofArray(new byte[4 * values.length]);
    for (int tap = 0; tap < taps; tap++) {
      for (int channel = 0; channel < channels; channel++) {
        data.set(io.picaflor.quantization.WeightMatrix.FLOAT, 4L * (channel * taps + tap),
            values[tap * channels + channel]);
      }
    }
    Shape shape = Shape.of(channels, taps);
    Tensor made = new Tensor(tensor.index(), tensor.name(), tensor.type(), shape, new Quantization.None(), 0,
        Optional.of(data.asReadOnly()));
    return graph.form(new Kind.Constant(ConstantValues.identity(made)), List.of(), made.type(),
        Canonical.squeezed(shape), Optional.empty(), Optional.of(made));
  }

  /** Whether the rows after the call's last {@code tokens} are taken, which the next call finds before its own. */
  private boolean isLast(History x, Op.Gather op, Lifted ids) {
    int[] rows = ids.form().tensor().flatMap(ConstantValues::ints).orElse(new int[0]);
    boolean last = rows.length == x.before() && op.batchDimensions() == 0
        && Math.floorMod(op.axis(), x.shape.rank()) == x.time && ids.shape().rank() == 1;
    for (int i = 0; i < rows.length; i++) {
      last &= rows[i] == tokens + i;
    }
    return last;
  }

  /** The state after the call: the window of its last token without the oldest row. */
  private Lifted last(History x, Node node) {
    int channels = x.window.shape().getFirst();
    Form form = graph.form(new Kind.Slice(List.of(0, 1), List.of(channels, x.before())), List.of(x.window),
        x.window.type(), List.of(channels, x.before()));
    return new Lifted(form, node.output().shape(), Optional.empty(), false);
  }
}
