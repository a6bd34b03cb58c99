package io.picaflor.reference;

import io.picaflor.ModelFormatException;
import io.picaflor.UnsupportedModelException;
import io.picaflor.graph.ElementType;
import io.picaflor.graph.Node;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongFunction;

/**
 * A node with its operands and results as values, while its step is made: what the step makers read, and how they refuse.
 *
 * @param where names the node in messages
 * @param inputs operands; an optional one that is absent is empty
 * @param scratch gives memory that lives during this step only, of so many bytes
 */
record Operation(
    String file,
    String where,
    Node node,
    List<Optional<Value>> inputs,
    List<Value> outputs,
    Constants constants,
    LongFunction<Storage> scratch) {

  Value in(int i) {
    return inputs.get(i).orElseThrow();
  }

  boolean has(int i) {
    return i < inputs.size() && inputs.get(i).isPresent();
  }

  Value out(int i) {
    return outputs.get(i);
  }

  Value out() {
    return outputs.getFirst();
  }

  /** The integers of an operand that must be a constant. */
  int[] ints(int i) throws UnsupportedModelException {
    Value value = in(i);
    if (value.constant().isEmpty()) {
      throw unsupported("input " + i + " is computed at run time; only a constant is supported there");
    }
    return constants.ints(value.constant().get());
  }

  /** A dimension number from the file, which may count from the end. */
  int dimension(int number, int rank) throws ModelFormatException {
    int dimension = number < 0 ? number + rank : number;
    require(dimension >= 0 && dimension < rank, "dimension " + number + " of a tensor of rank " + rank);
    return dimension;
  }

  /** Refuses the file unless a condition that the format asks for holds. */
  void require(boolean condition, String otherwise) throws ModelFormatException {
    if (!condition) {
      throw new ModelFormatException(file, "graph", ModelFormatException.NO_OFFSET, where + ": " + otherwise);
    }
  }

  /** Refuses shapes that do not go together. */
  void requireShapes(boolean condition) throws ModelFormatException {
    if (!condition) { // the message costs more than all else, so it is made only then
      require(false,
          "shapes do not go together: " + inputs.stream().map(v -> v.map(Value::toString).orElse("none")).toList()
              + " to " + outputs);
    }
  }

  /** Refuses a type that this operation is not made for. */
  void requireType(Value value, ElementType... types) throws UnsupportedModelException {
    if (!List.of(types).contains(value.type())) {
      throw unsupported("element type " + value.type() + " is not supported, only " + List.of(types));
    }
  }

  /** Refuses a function that has no meaning for the operands' type, or none that we need. */
  <F> void requireFunction(F function, Set<F> known) throws UnsupportedModelException {
    if (!known.contains(function)) {
      throw unsupported(function + " of " + in(0).type() + " is not supported");
    }
  }

  /** The same, naming the functions that are not. */
  <F> void requireNoFunction(F function, Set<F> unknown) throws UnsupportedModelException {
    if (unknown.contains(function)) {
      throw unsupported(function + " of " + in(0).type() + " is not supported");
    }
  }

  /** What a run fails with when the values, and not the file, ask for what is not there. */
  IllegalStateException failure(String problem) {
    return new IllegalStateException(where + ": " + problem);
  }

  UnsupportedModelException unsupported(String what) {
    return new UnsupportedModelException(file, where + ": " + what);
  }
}
