package io.picaflor.reference;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.ElementType;
import io.picaflor.graph.Node;
import io.picaflor.graph.Op;
import io.picaflor.graph.Signature;
import io.picaflor.graph.Subgraph;
import io.picaflor.graph.Tensor;
import io.picaflor.kernels.Kernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Turns a signature into a {@link Program}: composites become the nodes that they stand for, each tensor gets memory, each
 * node a step.
 *
 * <p>Reshapes become views. An update of a slice is made in place where no later node reads the old values, which is so for
 * the KV cache of common exports; else the tensor is copied first. A result that has an operand's name is that operand's
 * next value: it stays in place, or is copied back when all steps are done.
 *
 * <p>One thread; used once for each signature.
 */
public final class Lowering {
  private static final int MAX_STEPS = 1_000_000;
  private static final int MAX_OPERANDS = 10_000_000;
  private static final int AFTER_ALL = Integer.MAX_VALUE;

  /** A tensor of one instance of a subgraph, before it has memory. */
  private static final class Variable {
    private final Tensor tensor;
    private int lastRead = -1;
    private Value value;

    Variable(Tensor tensor) {
      this.tensor = tensor;
    }
  }

  /** A node of the program, its tensors resolved through the composites around it. */
  private record Flat(Node node, String where, List<Optional<Variable>> inputs, List<Variable> outputs) {}

  private final String file;
  private final Signature signature;
  private final Set<String> stateNames;
  private final Constants constants;
  private final List<Flat> flats = new ArrayList<>();
  private final List<Storage> storages = new ArrayList<>();
  private final List<Step> steps = new ArrayList<>();
  private final List<List<Storage>> written = new ArrayList<>();
  private long operandsVisited;

  private Lowering(String file, Signature signature, Set<String> stateNames, Constants constants) {
    this.file = file;
    this.signature = signature;
    this.stateNames = stateNames;
    this.constants = constants;
  }

  /**
   * Lowers a signature.
   *
   * @param stateNames names of the operands that a session keeps from run to run
   * @param constants the model's pool; gets the constants and packed weights that the steps read
   * @throws UnsupportedModelException if a node cannot be computed here; names it
   * @throws ModelFormatException if shapes or types contradict each other
   */
  public static Program lower(String file, Signature signature, Set<String> stateNames, Constants constants)
      throws ModelFormatException, UnsupportedModelException {
    return new Lowering(file, signature, stateNames, constants).lower();
  }

  /**
   * Checks a signature as {@link #lower} does, without making anything: that each operation's operands and results have the
   * types and shapes that it demands.
   *
   * @param unread from {@link #unread}, the same for all signatures of a file, so that what they share is looked at once
   * @throws UnsupportedModelException if a node cannot be computed here; names it
   * @throws ModelFormatException if shapes or types contradict each other
   */
  public static void check(String file, Signature signature, Set<String> stateNames, Constants unread)
      throws ModelFormatException, UnsupportedModelException {
    Lowering lowering = new Lowering(file, signature, stateNames, unread);
    lowering.makeSteps(new IdentityHashMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>());
  }

  /** A pool of constants that nobody computes with. */
  public static Constants unread(String file) {
    Kernels readingInPlace = Kernels.choose("scalar"); // packs nothing
    return new Constants(file, readingInPlace, Arena.ofAuto());
  }

  private Program lower() throws ModelFormatException, UnsupportedModelException {
    Map<Tensor, Variable> variables = new IdentityHashMap<>();
    Map<String, Value> inputs = new LinkedHashMap<>();
    Map<String, Value> states = new LinkedHashMap<>();
    makeSteps(variables, inputs, states);
    Map<String, Value> outputs = new LinkedHashMap<>();
    Map<String, Value> next = new LinkedHashMap<>();
    for (Map.Entry<String, Tensor> entry : signature.outputs().entrySet()) {
      Value value = valueOf(variables.get(entry.getValue()));
      value.storage().materialize();
      (states.containsKey(entry.getKey()) ? next : outputs).put(entry.getKey(), value);
    }
    outputs.replaceAll((name, value) -> outOfTheWay(value, next));
    for (Map.Entry<String, Value> state : next.entrySet()) {
      keep(state.getKey(), state.getValue(), states.get(state.getKey()));
    }
    MemorySegment[] segments = constantSegments();
    ScratchPlan plan = placed();
    constants.budget().reserve(plan.bytes(), "signature " + signature.name() + ": what it computes");
    for (Map.Entry<String, Value> input : inputs.entrySet()) {
      constants.budget().reserve(
          input.getValue().storage().bytes(), "signature " + signature.name() + ": input " + input.getKey());
    }
    return new Program(signature.name(), steps, storages, plan, inputs, outputs, states, segments);
  }

  /** Gives operands and states their memory, and each node its step. */
  private void makeSteps(Map<Tensor, Variable> variables, Map<String, Value> inputs, Map<String, Value> states)
      throws ModelFormatException, UnsupportedModelException {
    for (Map.Entry<String, Tensor> entry : signature.inputs().entrySet()) {
      Tensor tensor = entry.getValue();
      boolean isState = stateNames.contains(entry.getKey());
      Storage.Origin origin = isState ? state(entry.getKey(), tensor) : new Storage.Origin.Input(entry.getKey());
      Variable variable = new Variable(tensor);
      variable.value = new Value(tensor.type(), tensor.shape(), storage(origin, tensor.bytes()));
      variables.put(tensor, variable);
      (isState ? states : inputs).put(entry.getKey(), variable.value);
    }
    for (Tensor input : signature.body().inputs()) {
      if (!variables.containsKey(input)) {
        throw refuse("signature " + signature.name() + ": input " + input.describe() + " has no name");
      }
    }
    flatten(signature.body(), variables, "signature " + signature.name());
    for (Tensor output : signature.outputs().values()) {
      variables.computeIfAbsent(output, Variable::new).lastRead = AFTER_ALL;
    }
    for (Tensor input : signature.body().inputs()) {
      Variable variable = variables.get(input);
      variable.value.storage().readAt(variable.lastRead);
    }
    for (int i = 0; i < flats.size(); i++) {
      make(i, flats.get(i));
    }
  }

  private Storage.Origin state(String name, Tensor input) throws ModelFormatException {
    Tensor output = signature.outputs().get(name);
    if (output != null && (output.type() != input.type() || !output.shape().equals(input.shape()))) {
      throw refuse(
          "signature " + signature.name() + ": state " + name + " comes in as " + input.describe() + " and goes out as "
              + output.describe());
    }
    return new Storage.Origin.State(name, output != null);
  }

  private void flatten(Subgraph subgraph, Map<Tensor, Variable> variables, String where) throws ModelFormatException {
    for (Node node : subgraph.nodes()) {
      String here = where + ", operator " + node.index() + " (" + node.op().label() + ")";
      operandsVisited += 1 + node.inputs().size() + node.outputs().size();
      if (flats.size() >= MAX_STEPS || operandsVisited > MAX_OPERANDS) {
        throw refuse(here + ": more than " + MAX_STEPS + " operations or " + MAX_OPERANDS
            + " operands, composites taken apart");
      }
      List<Optional<Variable>> inputs = new ArrayList<>();
      for (Optional<Tensor> input : node.inputs()) {
        inputs.add(input.map(t -> variables.computeIfAbsent(t, Variable::new)));
      }
      if (node.op() instanceof Op.Composite composite && !composite.name().equals(Attention.COMPOSITE)) {
        inline(node, composite.decomposition(), inputs, variables, here);
        continue;
      }
      List<Variable> outputs = new ArrayList<>();
      for (Tensor output : node.outputs()) {
        Variable variable = new Variable(output);
        variables.put(output, variable);
        outputs.add(variable);
      }
      inputs.forEach(v -> v.ifPresent(variable -> variable.lastRead = flats.size()));
      flats.add(new Flat(node, here, inputs, outputs));
    }
  }

  private void inline(
      Node node, Subgraph body, List<Optional<Variable>> inputs, Map<Tensor, Variable> outer, String where)
      throws ModelFormatException {
    Map<Tensor, Variable> inner = new IdentityHashMap<>();
    for (int i = 0; i < body.inputs().size(); i++) {
      Tensor expected = body.inputs().get(i);
      Variable given = inputs.get(i).orElseThrow();
      requireSame(given.tensor, expected, where);
      inner.put(expected, given);
    }
    flatten(body, inner, where);
    for (int i = 0; i < body.outputs().size(); i++) {
      Tensor result = body.outputs().get(i);
      requireSame(node.outputs().get(i), result, where);
      outer.put(node.outputs().get(i), inner.computeIfAbsent(result, Variable::new));
    }
  }

  private void requireSame(Tensor outside, Tensor inside, String where) throws ModelFormatException {
    if (outside.type() != inside.type() || outside.shape().elements() != inside.shape().elements()) {
      throw refuse(where + ": " + outside.describe() + " stands for " + inside.describe() + " of its decomposition");
    }
  }

  private void make(int index, Flat flat) throws ModelFormatException, UnsupportedModelException {
    List<Storage> scratch = new ArrayList<>();
    List<Optional<Value>> inputs = new ArrayList<>();
    for (Optional<Variable> input : flat.inputs) {
      inputs.add(input.isPresent() ? Optional.of(valueOf(input.get())) : Optional.empty());
    }
    if (isView(flat, inputs)) {
      share(flat.outputs.getFirst(), inputs.getFirst().orElseThrow());
      steps.add(frame -> {});
      written.add(List.of());
      return;
    }
    boolean inPlace = flat.node.op() instanceof Op.DynamicUpdateSlice && mayOverwrite(index, inputs);
    List<Value> outputs = new ArrayList<>();
    for (Variable output : flat.outputs) {
      if (inPlace) {
        share(output, inputs.getFirst().orElseThrow());
      } else {
        own(output, scratch);
      }
      outputs.add(output.value);
    }
    requireComputable(flat, inputs, outputs);
    Operation operation = new Operation(file, flat.where, flat.node, inputs, outputs, constants, bytes -> {
      Storage temporary = storage(new Storage.Origin.Temporary(), bytes);
      temporary.readAt(index);
      scratch.add(temporary);
      return temporary;
    });
    steps.add(Steps.of(operation, inPlace));
    written.add(scratch);
    for (int i = 0; i < inputs.size(); i++) {
      if (inputs.get(i).isPresent() && !isMatrix(flat.node.op(), i)) {
        inputs.get(i).get().storage().materialize();
      }
    }
  }

  /** Steps index elements by int, and address none of less than a byte; what is packed or read by rows may be both. */
  private void requireComputable(Flat flat, List<Optional<Value>> inputs, List<Value> outputs)
      throws UnsupportedModelException {
    List<Value> plain = new ArrayList<>(outputs);
    for (int i = 0; i < inputs.size(); i++) {
      if (!isMatrix(flat.node.op(), i)) {
        inputs.get(i).ifPresent(plain::add);
      }
    }
    for (Value value : plain) {
      if (value.elements() > Integer.MAX_VALUE) {
        throw new UnsupportedModelException(
            file, flat.where + ": " + value + " has " + value.elements() + " elements, at most " + Integer.MAX_VALUE
                + " are supported");
      }
      if (value.width() == 0) {
        throw new UnsupportedModelException(
            file, flat.where + ": " + value + ": integers of " + value.type().bits()
                + " bits are supported as weights only");
      }
    }
  }

  /** A tensor's value, made on first sight for a constant; all others were made by the node that computes them. */
  private Value valueOf(Variable variable) throws ModelFormatException {
    if (variable.value == null) {
      Tensor tensor = variable.tensor;
      if (!tensor.isConstant()) {
        throw refuse("signature " + signature.name() + ": " + tensor.describe() + " is read before it is computed");
      }
      variable.value =
          new Value(tensor.type(), tensor.shape(), storage(new Storage.Origin.Constant(tensor, false), tensor.bytes()));
    }
    return variable.value;
  }

  private void own(Variable variable, List<Storage> scratch) {
    Storage storage = storage(new Storage.Origin.Temporary(), variable.tensor.bytes());
    storage.readAt(variable.lastRead);
    scratch.add(storage);
    variable.value = new Value(variable.tensor.type(), variable.tensor.shape(), storage);
  }

  private static void share(Variable variable, Value of) {
    of.storage().readAt(variable.lastRead);
    variable.value = new Value(variable.tensor.type(), variable.tensor.shape(), of.storage());
  }

  /** Reshapes, and constants that are widened once: no step of their own. */
  private boolean isView(Flat flat, List<Optional<Value>> inputs) throws ModelFormatException {
    Value x = inputs.isEmpty() ? null : inputs.getFirst().orElse(null);
    Tensor y = flat.outputs.isEmpty() ? null : flat.outputs.getFirst().tensor;
    if (flat.node.op() instanceof Op.Reshape) {
      if (x.type() != y.type() || x.elements() != y.shape().elements()) {
        throw refuse(flat.where + ": reshapes " + x + " to " + y.describe());
      }
      return true;
    }
    if (flat.node.op() instanceof Op.Dequantize && x.constant().isPresent()) {
      if (y.type() != ElementType.FLOAT32 || x.elements() != y.shape().elements()) {
        throw refuse(flat.where + ": makes " + y.describe() + " of " + x);
      }
      Storage.Origin widened = new Storage.Origin.Constant(x.constant().get(), true);
      Value value = new Value(y.type(), y.shape(), storage(widened, y.bytes()));
      inputs.set(0, Optional.of(value));
      return true;
    }
    return false;
  }

  /** Whether an update may be written into its operand: nobody reads the old values any more, nor are they somebody else's. */
  private static boolean mayOverwrite(int index, List<Optional<Value>> inputs) {
    Storage operand = inputs.get(0).orElseThrow().storage();
    Storage update = inputs.get(1).orElseThrow().storage();
    return operand.mayBeOverwritten() && operand != update && operand.lastRead() <= index;
  }

  /** Operands that steps read as packed weights or row by row from the file, and never as plain memory. */
  private static boolean isMatrix(Op op, int input) {
    return input == 1 && (op instanceof Op.FullyConnected || op instanceof Op.EmbeddingLookup);
  }

  /** A result that lies in a state's memory moves where another value becomes the state's next one. */
  private Value outOfTheWay(Value result, Map<String, Value> next) {
    if (!(result.storage().origin() instanceof Storage.Origin.State state)
        || !state.returned() || next.get(state.name()).storage() == result.storage()) {
      return result;
    }
    Value moved = new Value(result.type(), result.shape(),
        storage(new Storage.Origin.Temporary(), result.storage().bytes()));
    moved.storage().readAt(AFTER_ALL);
    steps.add(Movement.copy(result, moved));
    written.add(List.of(moved.storage()));
    return moved;
  }

  /** Makes a result the state's next value. */
  private void keep(String name, Value result, Value state) throws UnsupportedModelException {
    if (result.storage() == state.storage()) {
      return;
    }
    if (result.storage().origin() instanceof Storage.Origin.State other) {
      throw new UnsupportedModelException(
          file, "signature " + signature.name() + ": state " + other.name() + " is returned as " + name);
    }
    steps.add(Movement.copy(result, state));
    written.add(List.of());
  }

  private Storage storage(Storage.Origin origin, long bytes) {
    Storage storage = new Storage(storages.size(), origin, bytes);
    storages.add(storage);
    return storage;
  }

  private ScratchPlan placed() {
    ScratchPlan plan = new ScratchPlan(steps.size());
    for (int i = 0; i < steps.size(); i++) {
      for (Storage storage : written.get(i)) {
        plan.place(storage, i);
      }
      plan.finish(i);
    }
    return plan;
  }

  private MemorySegment[] constantSegments() throws ModelFormatException, UnsupportedModelException {
    MemorySegment[] segments = new MemorySegment[storages.size()];
    for (Storage storage : storages) {
      if (storage.origin() instanceof Storage.Origin.Constant constant && storage.isMaterialized()) {
        segments[storage.slot()] = constants.segment(constant.tensor(), constant.dequantized());
      }
    }
    return segments;
  }

  private ModelFormatException refuse(String problem) {
    return new ModelFormatException(file, "graph", ModelFormatException.NO_OFFSET, problem);
  }
}
