package io.picaflor.plan;

import io.picaflor.graph.ElementType;
import io.picaflor.graph.Op;
import io.picaflor.graph.Quantization;
import io.picaflor.graph.Shape;
import io.picaflor.graph.Tensor;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Takes one row of constants that exporters wrote down once for each token of a signature: {@code [2, 1, T, 64]} whose values
 * are the same for all {@code T} is {@code [2, 1, 1, 64]}, as it stands in the signature for one token.
 *
 * <p>Proved by value; a constant that differs from token to token is a function of the token's place in the call, and is left
 * as it is: {@link TokenAxes} refuses it.
 */
final class RepeatedConstants {
  private RepeatedConstants() {}

  /**
   * The operands of an operation on values at the same place, each repeated constant for one token.
   *
   * @param inputs operands; those that are absent are {@code null}
   * @param result the operation's result
   */
  static List<Lifted> of(FormGraph graph, Op op, List<Lifted> inputs, Shape result) {
    boolean elementwise = op instanceof Op.Binary || op instanceof Op.Compare
        || op instanceof Op.Select select && (!select.outermost() || inputs.getFirst().shape().rank() == result.rank());
    Optional<Lifted> varying =
        inputs.stream().filter(input -> input != null && input.axis().isPresent()).findFirst();
    if (!elementwise || varying.isEmpty() || !varying.get().axis().get().isPure()) {
      return inputs;
    }
    int fromInnermost = varying.get().shape().rank() - varying.get().axis().get().dimension();
    List<Lifted> single = new ArrayList<>();
    for (Lifted input : inputs) {
      single.add(input == null ? null : ofOne(graph, input, input.shape().rank() - fromInnermost));
    }
    return single;
  }

  private static Lifted ofOne(FormGraph graph, Lifted input, int dimension) {
    boolean isConstant = input.axis().isEmpty() && input.form().kind() instanceof Kind.Constant;
    if (!isConstant || dimension < 0 || input.shape().size(dimension) == 1) {
      return input;
    }
    Optional<Tensor> one = slice(input.form().tensor().orElseThrow(), dimension);
    return one.isEmpty()
        ? input
        : new Lifted(graph.form(new Kind.Constant(ConstantValues.identity(one.get())), List.of(), one.get().type(),
            Canonical.squeezed(one.get().shape()), Optional.empty(), one), one.get().shape(), Optional.empty(),
            input.first());
  }

  /** One slice of a constant along a dimension, if all are equal. */
  private static Optional<Tensor> slice(Tensor tensor, int dimension) {
    boolean wholeBytes = tensor.type() != ElementType.INT4 && tensor.type() != ElementType.INT2;
    if (!wholeBytes || !(tensor.quantization() instanceof Quantization.None)) {
      return Optional.empty();
    }
    long inner = tensor.type().bytes(1);
    for (int i = dimension + 1; i < tensor.shape().rank(); i++) {
      inner *= tensor.shape().size(i);
    }
    int copies = tensor.shape().size(dimension);
    MemorySegment data = tensor.data().orElseThrow();
    int[] sizes = tensor.shape().sizes();
    sizes[dimension] = 1;
    Shape shape = Shape.of(sizes);
    byte[] kept = new byte[Math.toIntExact(tensor.type().bytes(shape.elements()))];
    MemorySegment target = MemorySegment.ofArray(kept);
    for (long outer = 0; outer * inner < kept.length; outer++) {
      MemorySegment first = data.asSlice(outer * copies * inner, inner);
      for (long copy = 1; copy < copies; copy++) {
        if (first.mismatch(data.asSlice((outer * copies + copy) * inner, inner)) != -1) {
          return Optional.empty();
        }
      }
      MemorySegment.copy(first, 0, target, outer * inner, inner);
    }
    return Optional.of(new Tensor(tensor.index(), tensor.name(), tensor.type(), shape, tensor.quantization(), 0,
        Optional.of(target.asReadOnly())));
  }
}
