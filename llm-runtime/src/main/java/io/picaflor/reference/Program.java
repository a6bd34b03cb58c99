package io.picaflor.reference;

import io.picaflor.graph.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A signature lowered to steps over slots of memory. Immutable, shared by all sessions of a model.
 *
 * <p>Made by {@link Lowering}; a session binds it to memory with a {@link Frame}.
 */
public final class Program {
  private final String signature;
  private final List<Step> steps;
  private final List<Storage> storages;
  private final ScratchPlan scratch;
  private final Map<String, Value> inputs;
  private final Map<String, Value> outputs;
  private final Map<String, Value> states;
  private final MemorySegment[] constants;

  Program(
      String signature,
      List<Step> steps,
      List<Storage> storages,
      ScratchPlan scratch,
      Map<String, Value> inputs,
      Map<String, Value> outputs,
      Map<String, Value> states,
      MemorySegment[] constants) {
    this.signature = signature;
    this.steps = List.copyOf(steps);
    this.storages = List.copyOf(storages);
    this.scratch = scratch;
    this.inputs = Collections.unmodifiableMap(new LinkedHashMap<>(inputs));
    this.outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    this.states = Collections.unmodifiableMap(new LinkedHashMap<>(states));
    this.constants = constants;
  }

  /** The signature's name. */
  public String signature() {
    return signature;
  }

  /** Bytes of memory that the values between steps need. */
  public long scratchBytes() {
    return scratch.bytes();
  }

  /** Names of the operands that the caller fills before each run: all but the states. */
  public Set<String> inputNames() {
    return inputs.keySet();
  }

  /** Whether there is a result of this name; states are none. */
  public boolean hasOutput(String name) {
    return outputs.containsKey(name);
  }

  /** Names of the results other than states. */
  public Set<String> outputNames() {
    return outputs.keySet();
  }

  /** The shape of an operand. */
  public Shape inputShape(String name) {
    return input(name).shape();
  }

  /** The shape of a result. */
  public Shape outputShape(String name) {
    return output(name).shape();
  }

  /** Bytes of each state, by name: what a session keeps from run to run. */
  public Map<String, Long> stateBytes() {
    Map<String, Long> bytes = new LinkedHashMap<>();
    states.forEach((name, value) -> bytes.put(name, value.storage().bytes()));
    return bytes;
  }

  /** The shape of a state. */
  public Shape stateShape(String name) {
    return states.get(name).shape();
  }

  /** What a session keeps from run to run, by name. */
  Map<String, Value> states() {
    return states;
  }

  Value input(String name) {
    return known(inputs.get(name), name);
  }

  Value output(String name) {
    return known(outputs.get(name), name);
  }

  private Value known(Value value, String name) {
    if (value == null) {
      throw new IllegalArgumentException("signature " + signature + " has no '" + name + "'");
    }
    return value;
  }

  List<Step> steps() {
    return steps;
  }

  List<Storage> storages() {
    return storages;
  }

  long offset(Storage storage) {
    return scratch.offset(storage);
  }

  /** The constant's values, or {@code null} where steps read it in packed form only. */
  MemorySegment constant(Storage storage) {
    return constants[storage.slot()];
  }
}
