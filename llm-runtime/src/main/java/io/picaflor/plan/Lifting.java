package io.picaflor.plan;

import io.picaflor.graph.Op;
import io.picaflor.graph.Shape;
import io.picaflor.graph.Signature;
import io.picaflor.graph.Tensor;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/**
 * Lifts a signature to forms: what it computes of one token, whatever number it takes at once.
 *
 * <p>Only what the wanted results depend on is looked at. That a signature of many tokens is row by row the function of one
 * is shown by following the tokens' dimension ({@link TokenAxes}); where values of different tokens meet, lifting ends. The
 * one exception is the update of keys and values, whose start is the position of the first token.
 */
final class Lifting {
  /** Gives the operands of a signature their forms. */
  @FunctionalInterface
  interface Operands {
    /** The form of an operand of that name, and where its tokens run. */
    Lifted lift(String name, Tensor tensor) throws NotPlannable;
  }

  private final FormGraph graph;
  private final Canonical canonical;
  private final int tokens;
  private final Map<Integer, Tensor> constants;
  private final Map<Integer, Lifted> lifted = new HashMap<>();
  private final Histories histories;
  private final Set<Integer> ended = new HashSet<>();
  private final Optional<NoPadding> padding;

  private Lifting(FormGraph graph, int tokens, Map<Integer, Tensor> constants, boolean padded) {
    this.histories = new Histories(graph, tokens);
    this.padding = padded && tokens > 1 ? Optional.of(new NoPadding(graph, tokens)) : Optional.empty();
    this.graph = graph;
    this.constants = constants;
    this.canonical = new Canonical(graph);
    this.tokens = tokens;
  }

  /**
   * The forms of some results of a signature.
   *
   * @param tokens how many it takes at once
   * @param padded whether tests for padding are to be simplified, for there is none
   */
  static Map<String, Form> lift(
      FormGraph graph, Signature signature, int tokens, boolean padded, Iterable<String> results, Operands operands)
      throws NotPlannable {
    FlatNode.Body body = FlatNode.flatten(signature);
    Lifting lifting = new Lifting(graph, tokens, body.constants(), padded);
    List<Integer> wanted = new ArrayList<>();
    for (String result : results) {
      wanted.add(body.outputs().get(result));
    }
    List<FlatNode> nodes = FlatNode.needed(body, wanted);
    for (Map.Entry<String, Integer> input : body.inputs().entrySet()) {
      boolean needed = wanted.contains(input.getValue())
          || nodes.stream().anyMatch(node -> node.inputs().contains(input.getValue()));
      if (needed) {
        lifting.lifted.put(input.getValue(), operands.lift(input.getKey(), signature.inputs().get(input.getKey())));
      }
    }
    for (FlatNode node : nodes) {
      lifting.lift(node);
    }
    Map<String, Form> forms = new TreeMap<>();
    for (String result : results) {
      Lifted found = lifting.lifted.get(body.outputs().get(result));
      if (found == null) {
        throw new NotPlannable("signature " + signature.name() + ": result " + result + " is not computed");
      }
      forms.put(result, found.form());
    }
    return forms;
  }

  private void lift(FlatNode flat) throws NotPlannable {
    if (flat.inputs().stream().anyMatch(ended::contains)) {
      throw new NotPlannable(flat.where() + ": reads the state after the last token");
    }
    if (flat.inputs().stream().anyMatch(histories::has)) {
      liftHistory(flat);
      return;
    }
    List<Lifted> inputs = new ArrayList<>();
    boolean first = false;
    for (int i = 0; i < flat.inputs().size(); i++) {
      Lifted input = operand(flat, i);
      inputs.add(input);
      first |= input != null && input.first();
    }
    if (flat.node().op() instanceof Op.DynamicUpdateSlice) {
      put(flat, 0, store(flat, inputs));
      return;
    }
    if (tokens > 1 && histories.begins(flat, inputs)) {
      return;
    }
    Optional<Lifted> unpadded = padding.isPresent() ? padding.get().of(flat, inputs) : Optional.empty();
    if (unpadded.isPresent()) {
      put(flat, 0, unpadded.get());
      return;
    }
    if (first && inputs.stream().anyMatch(input -> input != null && input.axis().isPresent())) {
      throw new NotPlannable(flat.where() + ": values of the first token meet those of others");
    }
    if (isFirstToken(flat, inputs)) {
      Lifted x = inputs.getFirst();
      put(flat, 0, new Lifted(x.form(), flat.node().output().shape(), Optional.empty(), true));
      return;
    }
    if (tokens > 1) {
      inputs = RepeatedConstants.of(graph, flat.node().op(), inputs, flat.node().output().shape());
    }
    Optional<TokenAxis> axis = tokens == 1
        ? Optional.empty()
        : new TokenAxes(tokens).of(flat.node(), inputs, flat.where());
    List<Canonical.Operand> operands = new ArrayList<>();
    for (Lifted input : inputs) {
      operands.add(input == null ? null : new Canonical.Operand(input.form(), input.ofOneToken()));
    }
    List<Shape> shapes = new ArrayList<>();
    for (Tensor output : flat.node().outputs()) {
      shapes.add(new Lifted(null, output.shape(), axis, first).ofOneToken());
    }
    List<Form> forms;
    try {
      forms = canonical.of(flat.node(), operands, shapes, flat.where());
    } catch (NotPlannable e) {
      throw e.getMessage().startsWith("a ") ? new NotPlannable(flat.where() + ": " + e.getMessage()) : e;
    }
    for (int i = 0; i < forms.size(); i++) {
      put(flat, i, new Lifted(forms.get(i), flat.node().outputs().get(i).shape(), axis, first));
    }
  }

  private void liftHistory(FlatNode flat) throws NotPlannable {
    List<Lifted> others = new ArrayList<>();
    for (int i = 0; i < flat.inputs().size(); i++) {
      others.add(histories.has(flat.inputs().get(i)) ? null : operand(flat, i));
    }
    Optional<Lifted> value = histories.read(flat, others);
    if (value.isPresent()) {
      put(flat, 0, value.get());
      if (value.get().axis().isEmpty()) {
        ended.add(flat.outputs().getFirst());
      }
    }
  }

  private void put(FlatNode flat, int output, Lifted value) {
    lifted.put(flat.outputs().get(output), value);
  }

  private Lifted operand(FlatNode flat, int i) throws NotPlannable {
    int slot = flat.inputs().get(i);
    if (slot == FlatNode.NONE) {
      return null;
    }
    Tensor constant = constants.get(slot);
    if (constant != null) {
      return lifted.computeIfAbsent(slot, s -> new Lifted(
          graph.form(new Kind.Constant(ConstantValues.identity(constant)), List.of(), constant.type(),
              Canonical.squeezed(constant.shape()), Optional.empty(), Optional.of(constant)),
          constant.shape(), Optional.empty(), false));
    }
    Lifted known = lifted.get(slot);
    if (known == null) {
      throw new NotPlannable(flat.where() + ": operand " + i + " is not computed before");
    }
    return known;
  }

  /** A slice that keeps the first token and all the rest. */
  private boolean isFirstToken(FlatNode flat, List<Lifted> inputs) {
    boolean slices = flat.node().op() instanceof Op.Slice || flat.node().op() instanceof Op.StridedSlice;
    if (!slices || inputs.getFirst().axis().isEmpty()) {
      return false;
    }
    int[] begin = ConstantValues.ints(flat.node().input(1)).orElse(null);
    TokenAxis axis = inputs.getFirst().axis().get();
    return begin != null && axis.isPure() && begin[axis.dimension()] == 0
        && isOneOf(inputs.getFirst().shape(), axis.dimension(), flat.node().output().shape());
  }

  /** Whether a part has size 1 along a dimension, or lacks it, and is whole along all others. */
  private static boolean isOneOf(Shape whole, int dimension, Shape part) {
    int[] sizes = whole.sizes();
    sizes[dimension] = 1;
    List<Integer> without = new ArrayList<>(java.util.Arrays.stream(whole.sizes()).boxed().toList());
    without.remove(dimension);
    return part.equals(Shape.of(sizes)) || part.equals(Shape.of(without.stream().mapToInt(size -> size).toArray()));
  }

  /** An update of a state at the token's position along one dimension, and at 0 along all others. */
  private Lifted store(FlatNode flat, List<Lifted> inputs) throws NotPlannable {
    Lifted state = inputs.get(0);
    Lifted update = inputs.get(1);
    if (!(state.form().kind() instanceof Kind.State)) {
      throw new NotPlannable(flat.where() + ": updates a value that is not the session's state, but " + state.form());
    }
    OptionalInt dimension = SlotMath.positionIn(inputs.get(2).form(), state.shape().rank());
    boolean consecutive = tokens == 1 || inputs.get(2).first() && dimension.isPresent()
        && update.axis().equals(Optional.of(TokenAxis.of(dimension.getAsInt())));
    if (dimension.isEmpty() || !consecutive) {
      throw new NotPlannable(flat.where() + ": stores at a place that is not the token's position");
    }
    int along = dimension.getAsInt();
    for (int i = 0; i < state.shape().rank(); i++) {
      int expected = i == along ? tokens : state.shape().size(i);
      if (update.shape().size(i) != expected) {
        throw new NotPlannable(flat.where() + ": stores a part of a row");
      }
    }
    int place = (int) java.util.stream.IntStream.range(0, along).filter(i -> state.shape().size(i) != 1).count();
    Form form = graph.form(new Kind.Store(place), List.of(state.form(), update.form()), state.form().type(),
        state.form().shape(), Optional.of(flat.node()), Optional.of(flat.node().output()));
    return new Lifted(form, state.shape(), Optional.empty(), false);
  }
}
